package transport

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
)

func number(m Message) int { return int(m.(Data).Payload.Data[0]) }

// TestMailboxAgainstAModel compares a mailbox with a plain slice.
func TestMailboxAgainstAModel(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	sockets := []*Socket{{}, {}, {}}
	var box mailbox
	var model []Message
	for i := range 20000 {
		s := sockets[rng.Intn(len(sockets))]
		switch rng.Intn(3) {
		case 0, 1:
			m := Data{Socket: s, Payload: Payload{Data: []byte{byte(i)}}}
			box.push(m)
			model = append(model, m)
		case 2:
			if rng.Intn(2) == 0 {
				s = nil
			}
			at := slices.IndexFunc(model, func(m Message) bool { return s == nil || m.From() == s })
			got, ok := box.take(s)
			if ok != (at >= 0) || (ok && number(got) != number(model[at])) {
				t.Fatalf("step %d: took %v, %v", i, got, ok)
			}
			if ok {
				model = slices.Delete(model, at, at+1)
			}
			if len(model) > 500 {
				box, model = mailbox{}, nil
				for _, s := range sockets {
					s.mailed = 0
				}
			}
		}
		if box.len() != len(model) || box.bytes != len(model)*(messageOverhead+1) {
			t.Fatalf("step %d: %d messages of %d bytes, want %d", i, box.len(), box.bytes, len(model))
		}
	}
}

func TestMailboxMoveKeepsOrderAndCounts(t *testing.T) {
	a, b := &Socket{}, &Socket{}
	var from, to mailbox
	for i, s := range []*Socket{a, b, a, b, a} {
		from.push(Data{Socket: s, Payload: Payload{Data: []byte{byte(i)}}})
	}
	from.push(Passive{Socket: a})
	from.take(nil) // the head has moved
	from.moveTo(&to, a, isData)
	var got []string
	for _, box := range []*mailbox{&from, &to} {
		for box.len() > 0 {
			m, _ := box.take(nil)
			got = append(got, fmt.Sprintf("%T%v", m, m.From() == a))
		}
		if box.bytes != 0 {
			t.Errorf("%d bytes left in an empty mailbox", box.bytes)
		}
	}
	want := []string{"transport.Datafalse", "transport.Datafalse", "transport.Passivetrue", "transport.Datatrue", "transport.Datatrue"}
	if !slices.Equal(got, want) {
		t.Errorf("after the move %v, want %v", got, want)
	}
	if a.mailed != 0 || b.mailed != 0 {
		t.Errorf("%d and %d messages counted in empty mailboxes", a.mailed, b.mailed)
	}
}
