package bed

import (
	"encoding"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/tun"
)

// Spec describes a variant of the stack over a TUN device. The zero value of
// each field is what a program gets that says nothing.
type Spec struct {
	Name string `json:"name"`

	// MTU of the device in bytes, 576 to 65535. 0 means 1500.
	MTU int `json:"mtu,omitempty"`

	// Offload is the kernel's segmentation offload: "auto", "on" or "off",
	// which is the device through songgao/water.
	Offload tun.Offload `json:"offload"`

	// BusyPoll is how long the device is polled before its reader sleeps. 0
	// leaves it to the device; negative never polls.
	BusyPoll time.Duration `json:"busypoll,omitempty"`

	// GOMAXPROCS is that of both processes of the variant. 0 means one per
	// processor. GOGC is their garbage collector's target in per cent; 0
	// means Go's default.
	GOMAXPROCS int `json:"gomaxprocs,omitempty"`
	GOGC       int `json:"gogc,omitempty"`

	// QueueMax is the device's queue in packets; 0 means 4096.
	QueueMax int `json:"queue,omitempty"`

	// SendBuffer and ReceiveBuffer are the largest buffers of a connection,
	// in bytes. 0 means the stack's default.
	SendBuffer    int `json:"sendbuffer,omitempty"`
	ReceiveBuffer int `json:"receivebuffer,omitempty"`

	// CongestionControl is the stack's, "cubic" or "reno"; "" is its default.
	CongestionControl string `json:"congestion,omitempty"`

	// Timestamps is the stack's setting of that name; "" is its default.
	Timestamps string `json:"timestamps,omitempty"`

	// NoSACK and NoRACK switch off what the names say.
	NoSACK bool `json:"nosack,omitempty"`
	NoRACK bool `json:"norack,omitempty"`

	// Pinned keeps the dialling process on the last processor and the
	// accepting one on the first.
	Pinned bool `json:"pinned,omitempty"`

	// CPUProfile is a file to which the stack's process writes a profile of
	// each sample, the last one staying. "" writes none.
	CPUProfile string `json:"cpuprofile,omitempty"`
}

// busyPollMax is more than any wake-up takes.
const busyPollMax = time.Second

// specKey is a key of a written Spec.
type specKey struct {
	name  string
	value func(s *Spec) any // a pointer to the field
}

// specKeys are all of them, in the order of help texts.
var specKeys = []specKey{
	{"name", func(s *Spec) any { return &s.Name }},
	{"mtu", func(s *Spec) any { return &s.MTU }},
	{"offload", func(s *Spec) any { return &s.Offload }},
	{"busypoll", func(s *Spec) any { return &s.BusyPoll }},
	{"gomaxprocs", func(s *Spec) any { return &s.GOMAXPROCS }},
	{"gogc", func(s *Spec) any { return &s.GOGC }},
	{"queue", func(s *Spec) any { return &s.QueueMax }},
	{"sendbuffer", func(s *Spec) any { return &s.SendBuffer }},
	{"receivebuffer", func(s *Spec) any { return &s.ReceiveBuffer }},
	{"congestion", func(s *Spec) any { return &s.CongestionControl }},
	{"timestamps", func(s *Spec) any { return &s.Timestamps }},
	{"nosack", func(s *Spec) any { return &s.NoSACK }},
	{"norack", func(s *Spec) any { return &s.NoRACK }},
	{"pinned", func(s *Spec) any { return &s.Pinned }},
	{"cpuprofile", func(s *Spec) any { return &s.CPUProfile }},
}

// SpecKeys are the keys that ParseSpec knows.
func SpecKeys() []string {
	var names []string
	for _, k := range specKeys {
		names = append(names, k.name)
	}
	return names
}

// ParseSpec reads a variant as it is written on a command line: key=value
// joined by semicolons, for example "name=one;mtu=65520;gomaxprocs=1". Durations
// are Go's ("50us"), switches are true or false, or true where they stand alone.
// A name is needed. What the stack would refuse is refused here.
func ParseSpec(text string) (Spec, error) {
	s, err := parseSpec(text)
	if err == nil {
		err = s.check()
	}
	if err == nil {
		err = s.try()
	}
	if err != nil {
		return Spec{}, fmt.Errorf("variant %q: %w", text, err)
	}
	return s, nil
}

func parseSpec(text string) (s Spec, err error) {
	given := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		key, value, hasValue := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		i := slices.IndexFunc(specKeys, func(k specKey) bool { return k.name == key })
		switch {
		case i < 0 && !hasValue:
			return s, fmt.Errorf("%q is no key=value: write it like name=one;mtu=65520", part)
		case i < 0:
			return s, fmt.Errorf("%q: is no key: choose of %s", key, strings.Join(SpecKeys(), ", "))
		case given[key]:
			return s, fmt.Errorf("%s: is given twice: give it once", key)
		}
		given[key] = true
		field := specKeys[i].value(&s)
		if _, isSwitch := field.(*bool); isSwitch && !hasValue {
			value = "true"
		}
		if err := setField(field, value); err != nil {
			return s, fmt.Errorf("%s=%s: %w", key, value, err)
		}
	}
	return s, nil
}

// setField reads a value into the field that a specKey points to.
func setField(field any, value string) (err error) {
	if value == "" {
		return errors.New("is empty: give a value, or leave the key out")
	}
	switch field := field.(type) {
	case *string:
		*field = value
	case *int:
		if *field, err = strconv.Atoi(value); err != nil {
			return errors.New("is no whole number, or far too large: give digits alone")
		}
	case *bool:
		if *field, err = strconv.ParseBool(value); err != nil {
			return errors.New("is no switch: give true or false, or the key alone for true")
		}
	case *time.Duration:
		if *field, err = time.ParseDuration(value); err != nil {
			return errors.New("is no time: give one with a unit, such as 50us")
		}
	case encoding.TextUnmarshaler:
		return field.UnmarshalText([]byte(value))
	}
	return nil
}

// try makes a stack without a link of the settings: what it refuses is told
// before anything is measured.
func (s *Spec) try() error {
	stack, err := netstack.New(netstack.Config{Name: s.Name, TCP: s.tcp()})
	if err != nil {
		return err
	}
	return stack.Close()
}

// check finds what the device and the stack would not refuse in clear words.
func (s *Spec) check() error {
	if s.Name == "" || strings.ContainsAny(s.Name, " \t\n/") {
		return fmt.Errorf("name=%q: give a name without blanks and slashes", s.Name)
	}
	if s.MTU == 0 {
		s.MTU = 1500
	}
	if s.BusyPoll > busyPollMax {
		return fmt.Errorf("busypoll=%v: cannot be: give 0 for the default, less for none, and at most %v", s.BusyPoll, busyPollMax)
	}
	for _, field := range []struct {
		name        string
		value       int
		least, most int
	}{
		{"mtu", s.MTU, 576, 65535},
		{"gomaxprocs", s.GOMAXPROCS, 0, 1024},
		{"gogc", s.GOGC, 0, 1 << 20},
		{"queue", s.QueueMax, 0, 1 << 16},
		{"sendbuffer", s.SendBuffer, 0, 1 << 30},
		{"receivebuffer", s.ReceiveBuffer, 0, 1 << 30},
	} {
		if field.value < field.least || field.value > field.most {
			return fmt.Errorf("%s=%d: cannot be: give %d to %d", field.name, field.value, field.least, field.most)
		}
	}
	return nil
}
