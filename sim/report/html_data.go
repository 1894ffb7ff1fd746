package report

import (
	"math"
	"slices"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// What the page shows at most.
const (
	pagePacketsMax = 10_000
	pageSamplesMax = 20_000
	pageNotesMax   = 5_000
	pageListMax    = 300
	pageHeadBytes  = 112 // of each packet: all headers, and the beginning of the payload
)

// pageData is what the page's scripts read. Times are nanoseconds of virtual
// time; -1 is none. Hosts and flows are named by their index.
type pageData struct {
	Hosts   []pageHost   `json:"hosts"`
	Flows   []pageFlow   `json:"flows"`
	Packets []pagePacket `json:"packets"`
	Samples []pageSample `json:"samples"`
	Notes   []pageNote   `json:"notes"`
	Now     int64        `json:"now"`
	All     uint64       `json:"all"` // packets that were sent
	Failed  bool         `json:"failed"`
}

type pageHost struct {
	Name   string `json:"name"`
	Router bool   `json:"router"`
}

type pageFlow struct {
	Name string    `json:"name"`
	TCP  bool      `json:"tcp"`
	Link [2]int    `json:"link"` // hosts, by side; -1 is nobody
	Ends [2]string `json:"ends"`
}

type pagePacket struct {
	Number  uint64   `json:"n"`
	At      int64    `json:"at"`
	Arrived int64    `json:"arrived"`
	From    int      `json:"from"`
	To      int      `json:"to"`
	Flow    int      `json:"flow"`
	Side    int      `json:"side"`
	Size    int      `json:"size"`
	Label   string   `json:"label"`
	Short   string   `json:"short"`
	Text    string   `json:"text,omitempty"`
	Fate    string   `json:"fate,omitempty"`
	Lost    bool     `json:"lost,omitempty"`
	TCP     *pageTCP `json:"tcp,omitempty"`
	Head    []byte   `json:"head"`
}

type pageTCP struct {
	Flags  uint8      `json:"flags"`
	Seq    int64      `json:"seq"`
	Next   int64      `json:"next"`
	Ack    int64      `json:"ack"`
	Window int64      `json:"window"`
	Again  int64      `json:"again,omitempty"`
	SACK   [][2]int64 `json:"sack,omitempty"`
}

type pageSample struct {
	At       int64 `json:"at"`
	Flow     int   `json:"flow"`
	Side     int   `json:"side"`
	Window   int   `json:"cwnd"`
	Start    int   `json:"ssthresh"` // -1 before the first loss
	RTT      int64 `json:"rtt"`
	RTTVar   int64 `json:"rttvar"`
	RTO      int64 `json:"rto"`
	Repeated int64 `json:"again"`
}

type pageNote struct {
	At   int64    `json:"at"`
	Host int      `json:"host"`
	Kind NoteKind `json:"kind"`
	Text string   `json:"text"`
}

// newPageData gathers what the page shows. Empty lists are lists, not null.
func newPageData(run *Run, a *analysis) pageData {
	d := pageData{
		Hosts: []pageHost{}, Flows: []pageFlow{}, Packets: []pagePacket{}, Samples: []pageSample{}, Notes: []pageNote{},
		Now: int64(run.Now), Failed: run.failed(),
	}
	hosts := d.hosts(run, a)
	shown := lastOf(a.packets, pagePacketsMax)
	if len(shown) > 0 {
		d.All = shown[len(shown)-1].Packet
	}
	flows := map[*flow]int{}
	for _, f := range flowsOf(shown) {
		flows[f] = len(d.Flows)
		d.Flows = append(d.Flows, pageFlow{
			Name: f.String(), TCP: f.proto == fault.TCP,
			Link: [2]int{index(hosts, f.link[0]), index(hosts, f.link[1])},
			Ends: [2]string{f.ends[0].String(), f.ends[1].String()},
		})
	}
	for _, p := range shown {
		d.Packets = append(d.Packets, p.page(hosts, flows))
	}
	d.samples(run.Samples, flows, shown)
	for _, n := range lastOf(run.Notes, pageNotesMax) {
		d.Notes = append(d.Notes, pageNote{int64(n.At), index(hosts, n.Host), n.Kind, n.Text})
	}
	return d
}

// hosts numbers the hosts of the run and all others that packets passed.
func (d *pageData) hosts(run *Run, a *analysis) map[string]int {
	numbers := map[string]int{}
	add := func(h pageHost) {
		if _, known := numbers[h.Name]; !known && h.Name != "" {
			numbers[h.Name] = len(d.Hosts)
			d.Hosts = append(d.Hosts, h)
		}
	}
	for _, h := range run.Hosts {
		add(pageHost{h.Name, h.Router})
	}
	for _, p := range a.packets {
		add(pageHost{Name: p.from})
		add(pageHost{Name: p.to})
	}
	return numbers
}

// index is a host's number, or -1.
func index(hosts map[string]int, name string) int {
	if i, ok := hosts[name]; ok {
		return i
	}
	return -1
}

func (p *packet) page(hosts map[string]int, flows map[*flow]int) pagePacket {
	labels := p.labels()
	out := pagePacket{
		Number: p.Packet, At: int64(p.At), Arrived: -1,
		From: index(hosts, p.from), To: index(hosts, p.to), Flow: -1, Side: int(p.side), Size: p.Size,
		Label: labels[0], Short: labels[len(labels)-1], Text: p.meaning(), Fate: p.fate(), Lost: p.lost(),
		Head: p.Bytes[:min(len(p.Bytes), pageHeadBytes)],
	}
	if at, ok := p.arrived(); ok {
		out.Arrived = int64(at)
	}
	if p.flow != nil {
		out.Flow = flows[p.flow]
	}
	if s := p.step; s != nil {
		out.TCP = &pageTCP{
			Flags: uint8(p.read.Segment.Flags), Seq: s.Seq, Next: s.Next, Ack: s.Ack, Window: s.Window, Again: s.Again,
		}
		for _, r := range s.SACK {
			out.TCP.SACK = append(out.TCP.SACK, [2]int64{r.First, r.Next})
		}
	}
	return out
}

// samples gives each sample to the flow that its connection has on the link of
// its host. Samples of connections without packets are left out.
func (d *pageData) samples(all []Sample, flows map[*flow]int, shown []*packet) {
	type end struct {
		host string
		flow fault.Flow
	}
	known := map[end]pageSample{}
	for _, f := range flowsOf(shown) {
		for side := range 2 {
			way := fault.Flow{Src: f.ends[side], Dst: f.ends[1-side], Proto: f.proto}
			known[end{f.link[side], way}] = pageSample{Flow: flows[f], Side: side}
		}
	}
	for _, s := range all {
		out, ok := known[end{s.Host, s.Flow}]
		if !ok {
			continue
		}
		out.At, out.Window, out.Start, out.Repeated = int64(s.At), s.CongestionWindow, -1, int64(min(s.Retransmits, math.MaxInt64))
		if s.SlowStartThreshold < 1<<30 {
			out.Start = s.SlowStartThreshold
		}
		out.RTT, out.RTTVar, out.RTO = int64(s.RTT), int64(s.RTTVar), int64(s.RTO)
		d.Samples = append(d.Samples, out)
	}
	if n := len(d.Samples) - pageSamplesMax; n > 0 {
		d.Samples = slices.Clone(d.Samples[n:])
	}
}
