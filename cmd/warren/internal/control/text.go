package control

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// WriteText writes the report for a person: a line about the command, one for
// each socket, and the counters that are not zero.
func (r Report) WriteText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, process %d, since %s\n", r.Command, r.PID, r.Started.Format(time.DateTime))
	var addresses []string
	for _, a := range r.Addresses {
		addresses = append(addresses, a.String())
	}
	fmt.Fprintf(&b, "device %s, MTU %d, addresses %s\n", r.Device, r.MTU, strings.Join(addresses, " "))
	if r.Offload != "" {
		fmt.Fprintf(&b, "offload %s\n", r.Offload)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Service)) {
		fmt.Fprintf(&b, "%s %v\n", key, r.Service[key])
	}
	fmt.Fprintf(&b, "\n%-3s %-11s %6s %-23s %s\n", "Net", "State", "Recv-Q", "Local", "Remote")
	for _, s := range r.Sockets {
		b.WriteString(s.Text + "\n")
	}
	b.WriteString("\n")
	writeCounters(&b, "", reflect.ValueOf(r.Stats))
	_, err := w.Write(b.Bytes())
	return err
}

// writeCounters writes the fields below v that are not zero, each with its
// path, in the order in which they stand in netstack.Stats.
func writeCounters(b *bytes.Buffer, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			writeCounters(b, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			element := fmt.Sprintf("%s[%d]", path, i)
			if name := v.Index(i).FieldByName("Name"); name.IsValid() {
				element = path + "." + name.String()
			}
			writeCounters(b, element, v.Index(i))
		}
	case reflect.Map:
		for _, key := range sortedKeys(v) {
			writeCounters(b, path+"."+key, v.MapIndex(reflect.ValueOf(key)))
		}
	case reflect.String: // a name, which stands in the path
	default:
		if !v.IsZero() {
			fmt.Fprintf(b, "%-28s %v\n", strings.TrimPrefix(path, "."), v.Interface())
		}
	}
}

// sortedKeys are the keys of a map of strings.
func sortedKeys(v reflect.Value) []string {
	var keys []string
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	return keys
}
