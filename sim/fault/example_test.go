package fault_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// synPacket is a SYN from 10.0.0.1:40000 to 10.0.0.2:80.
func synPacket() *fault.Packet {
	b := make([]byte, 40)
	copy(b, []byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, fault.TCP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 80})
	b[32], b[33] = 5<<4, byte(fault.SYN)
	p := &fault.Packet{From: "client", To: "server", Bytes: b}
	if err := p.Decode(); err != nil {
		panic(err)
	}
	return p
}

func ExampleSet() {
	set := fault.NewSet(42)
	h, err := set.Add(fault.Drop{Select: fault.Select{Flags: fault.SYN, Without: fault.ACK, Nth: 2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := synPacket()
	for range 3 {
		fmt.Println(p.Flow, "dropped:", set.Judge(p).Drop)
		p.Index++
		p.Now += time.Second
	}
	fmt.Println(h, "hits:", h.Hits())
	// Output:
	// tcp 10.0.0.1:40000 > 10.0.0.2:80 dropped: false
	// tcp 10.0.0.1:40000 > 10.0.0.2:80 dropped: true
	// tcp 10.0.0.1:40000 > 10.0.0.2:80 dropped: false
	// drop flags=syn without=ack nth=2 hits: 1
}

func ExampleParse() {
	f, err := fault.Parse("loss chance=0.5% from=client proto=tcp")
	fmt.Printf("%T %v %v\n", f, f, err)
	_, err = fault.Parse("loss chance=1.5")
	fmt.Println(err)
	// Output:
	// fault.Loss loss chance=0.5% from=client proto=tcp <nil>
	// fault: loss: chance is "1.5": give a percentage from 0.0001% to 100%, or a whole number of parts per million up to 1000000
}

func ExampleList() {
	faults, err := fault.ParseList(`
		# a slow, lossy uplink, and a short outage
		loss chance=0.5% from=client
		delay chance=100% delay=40ms spread=10ms from=client
		partition a=client start=5s end=6s
	`)
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := json.MarshalIndent(faults[1:], "", "  ")
	fmt.Println(string(data), err)
	// Output:
	// [
	//   {
	//     "type": "delay",
	//     "chance": "100%",
	//     "delay": "40ms",
	//     "spread": "10ms",
	//     "from": [
	//       "client"
	//     ]
	//   },
	//   {
	//     "type": "partition",
	//     "a": [
	//       "client"
	//     ],
	//     "start": "5s",
	//     "end": "6s"
	//   }
	// ] <nil>
}

func ExampleFunc() {
	odd := fault.Func{Name: "odd indexes", Verdict: func(_ fault.Seed, p *fault.Packet) fault.Verdict {
		return fault.Verdict{Drop: p.Index%2 == 1}
	}}
	p := synPacket()
	fmt.Println(odd, odd.Judge(0, p).Drop)
	p.Index = 1
	fmt.Println(odd, odd.Judge(0, p).Drop)
	// Output:
	// func name="odd indexes" false
	// func name="odd indexes" true
}
