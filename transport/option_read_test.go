package transport

import (
	"errors"
	"reflect"
	"syscall"
	"testing"
	"time"
)

// noOptions is a network that knows no option.
func noOptions(SockOpt) (int, error) { return 0, errors.ErrUnsupported }

func TestGetOptsDefaults(t *testing.T) {
	s := defaultSettings()
	want := []Option{
		{"active", true}, {"mode", ModeList}, {"packet", PacketRaw}, {"packet_size", 0}, {"header", 0},
		{"linger", LingerValue{}}, {"send_timeout", Infinity}, {"send_timeout_close", false},
		{"exit_on_close", true}, {"show_econnreset", false}, {"delay_send", false},
		{"high_watermark", 8192}, {"low_watermark", 4096}, {"high_msgq_watermark", 8192},
		{"low_msgq_watermark", 4096}, {"deliver", Atom("term")}, {"dontroute", false}, {"priority", 0},
		{"buffer", 1460}, {"bind_to_device", ""}, {"debug", false}, {"nopush", false},
	}
	names := make([]string, len(want))
	for i, o := range want {
		names[i] = o.Name
	}
	got, err := s.read(names, noOptions)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
}

func TestGetOptsAnswersInTheOrderAsked(t *testing.T) {
	s := defaultSettings()
	got, err := s.read([]string{"packet", "active", "packet"}, nil)
	want := []Option{Packet(PacketRaw), Active(true), Packet(PacketRaw)}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := s.read(nil, nil); err != nil || len(got) != 0 {
		t.Errorf("no names: %v, %v", got, err)
	}
}

func TestGetOptsRefusesAllForOneUnknownName(t *testing.T) {
	s := defaultSettings()
	for _, name := range []string{"nosuch", "", "backlog", "ip", "port", "fd", "line_delimiter", "binary", "raw", "inet"} {
		got, err := s.read([]string{"active", name}, noOptions)
		if got != nil || !errors.Is(err, syscall.EINVAL) || Reason(err) != "einval" {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
}

func TestGetOptsLeavesOutWhatDoesNotApply(t *testing.T) {
	s := defaultSettings()
	names := []string{"read_packets", "ipv6_v6only", "tclass", "broadcast", "nodelay"}
	one := func(SockOpt) (int, error) { return 1, nil }
	got, err := s.read(names, one)
	if want := []Option{NoDelay(true)}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("IPv4: %v, %v", got, err)
	}
	s.inet6 = true
	got, err = s.read(names, one)
	if want := []Option{V6Only(true), TClass(1), NoDelay(true)}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("IPv6: %v, %v", got, err)
	}
	gone := func(SockOpt) (int, error) { return 0, syscall.EBADF }
	for _, sock := range []func(SockOpt) (int, error){nil, gone} {
		if got, err := s.read([]string{"nodelay", "priority"}, sock); err != nil || len(got) != 0 {
			t.Errorf("socket gone: %v, %v", got, err)
		}
	}
}

func TestGetOptsReadsBackWhatWasSet(t *testing.T) {
	opts := []Option{
		{"mode", ModeBinary}, ActiveN(3), Packet(PacketLine), PacketSize(70000000), Header(4),
		SendTimeout(1234 * time.Millisecond), SendTimeoutClose(true), ExitOnClose(false),
		ShowEConnReset(true), Linger(true, 3), DelaySend(true), Priority(3), {"nopush", true},
	}
	o, err := parseListen(0, opts)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(opts))
	for i, opt := range opts {
		names[i] = opt.Name
	}
	if got, err := o.read(names, noOptions); err != nil || !reflect.DeepEqual(got, opts) {
		t.Errorf("got  %v, %v\nwant %v", got, err, opts)
	}
}

func TestOtherWaysToWriteAValue(t *testing.T) {
	for _, tt := range []struct{ given, read Option }{
		{Option{"packet", Atom("raw")}, Packet(PacketRaw)},
		{Option{"packet", 4}, Packet(Packet4)},
		{Option{"packet", Atom("tpkt")}, Packet(PacketTPKT)},
		{Option{"send_timeout", 77}, SendTimeout(77 * time.Millisecond)},
		{Option{"send_timeout", AtomInfinity}, SendTimeout(Infinity)},
		{Option{"mode", Atom("binary")}, Option{"mode", ModeBinary}},
		{Option{"header", uint8(2)}, Header(2)},
	} {
		o, err := parseListen(0, []Option{tt.given})
		if err != nil {
			t.Errorf("%v: %v", tt.given, err)
			continue
		}
		if got, err := o.read([]string{tt.given.Name}, nil); err != nil || !reflect.DeepEqual(got, []Option{tt.read}) {
			t.Errorf("%v reads back as %v, %v", tt.given, got, err)
		}
	}
}

func TestApplySockPassesOverWhatDoesNoHarm(t *testing.T) {
	var set []SockOpt
	err := applySock([]SockOptValue{{SockPriority, 1}, {SockNoDelay, 1}, {SockTTL, 1}}, func(o SockOpt, _ int) error {
		set = append(set, o)
		if o != SockNoDelay {
			return errors.ErrUnsupported
		}
		return nil
	})
	if !errors.Is(err, errors.ErrUnsupported) || len(set) != 3 {
		t.Errorf("ttl was ignored: %v, %v", err, set)
	}
}
