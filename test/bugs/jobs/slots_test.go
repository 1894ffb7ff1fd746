package jobs

import "testing"

// has reports whether a ticket has its slot.
func has(t *ticket) bool {
	select {
	case <-t.turn:
		return true
	default:
		return false
	}
}

func TestSlotsGoToTheFirstInTheRow(t *testing.T) {
	s := slots{max: 2}
	var row []*ticket
	for range 5 {
		row = append(row, s.take())
	}
	if !has(row[0]) || !has(row[1]) || has(row[2]) {
		t.Fatal("want slots for the first two")
	}
	if s.leave(row[1]) {
		t.Error("a ticket with a slot left the row")
	}
	if !s.leave(row[2]) || s.leave(row[2]) {
		t.Error("want a ticket to leave the row once")
	}
	s.release()
	if has(row[2]) || !has(row[3]) || has(row[4]) {
		t.Error("want the slot handed to the fourth, as the third has left")
	}
	if use, want := s.used(), (Use{Now: 2, Most: 2, Waiting: 1}); use != want {
		t.Errorf("%+v, want %+v", use, want)
	}
	for range 3 {
		s.release()
	}
	if use, want := s.used(), (Use{Most: 2}); use != want {
		t.Errorf("%+v at the end, want %+v", use, want)
	}
}
