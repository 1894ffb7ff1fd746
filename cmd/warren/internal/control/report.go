package control

import (
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// Report is what a running command says of itself.
type Report struct {
	Command   string         `json:"command"` // "serve http"
	PID       int            `json:"pid"`
	Started   time.Time      `json:"started"`
	Device    string         `json:"device"`
	MTU       int            `json:"mtu"`
	Offload   string         `json:"offload"`   // "on", or "off: " and why, of the device's segmentation offload
	Addresses []netip.Prefix `json:"addresses"` // the stack's own
	Service   map[string]any `json:"service,omitempty"`
	Sockets   []Socket       `json:"sockets"`

	// Stats has the names of netstack.Stats.
	Stats netstack.Stats `json:"stats"`
}

// Socket is a line of the report, in plain values.
type Socket struct {
	Network           string         `json:"network"`
	State             string         `json:"state"`
	Local             netip.AddrPort `json:"local"`
	Remote            string         `json:"remote"` // "" where there is none
	ReceiveQueueBytes int            `json:"receive_queue_bytes"`
	PacketsIn         uint64         `json:"packets_in"`
	PacketsOut        uint64         `json:"packets_out"`
	RTTSeconds        float64        `json:"rtt_seconds,omitempty"`
	Retransmits       uint64         `json:"retransmits,omitempty"`
	Text              string         `json:"text"` // the line as a person reads it
}

// Sockets describes the sockets of a stack.
func Sockets(s *netstack.Stack) []Socket {
	sockets := []Socket{}
	for _, i := range s.Sockets() {
		k := Socket{
			Network:           i.Network,
			State:             i.State,
			Local:             i.Local,
			ReceiveQueueBytes: i.ReceiveQueueBytes,
			PacketsIn:         i.PacketsIn,
			PacketsOut:        i.PacketsOut,
			Text:              i.String(),
		}
		if i.Remote.IsValid() {
			k.Remote = i.Remote.String()
		}
		if i.TCP != nil {
			k.RTTSeconds = i.TCP.RTT.Seconds()
			k.Retransmits = i.TCP.Retransmits
		}
		sockets = append(sockets, k)
	}
	return sockets
}
