package bed

import (
	"encoding"
	"fmt"
	"strconv"
	"strings"
	"time"

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

// specKeys are the keys of a written Spec, in the order of help texts.
var specKeys = []struct {
	name  string
	value func(s *Spec) any // a pointer to the field
}{
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
// are Go's ("50us"), switches are true or false. A name is needed.
func ParseSpec(text string) (Spec, error) {
	var s Spec
	for part := range strings.SplitSeq(text, ";") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return Spec{}, fmt.Errorf("variant %q: %q is no key=value: write it like name=one;mtu=65520", text, part)
		}
		if err := s.set(key, value); err != nil {
			return Spec{}, fmt.Errorf("variant %q: %w", text, err)
		}
	}
	if err := s.check(); err != nil {
		return Spec{}, fmt.Errorf("variant %q: %w", text, err)
	}
	return s, nil
}

// set sets one field.
func (s *Spec) set(key, value string) (err error) {
	for _, k := range specKeys {
		if k.name != key {
			continue
		}
		switch field := k.value(s).(type) {
		case *string:
			*field = value
		case *int:
			*field, err = strconv.Atoi(value)
		case *bool:
			*field, err = strconv.ParseBool(value)
		case *time.Duration:
			*field, err = time.ParseDuration(value)
		case encoding.TextUnmarshaler:
			err = field.UnmarshalText([]byte(value))
		}
		if err != nil {
			return fmt.Errorf("%s=%s: %w", key, value, err)
		}
		return nil
	}
	return fmt.Errorf("%s: is no key: choose of %s", key, strings.Join(SpecKeys(), ", "))
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
