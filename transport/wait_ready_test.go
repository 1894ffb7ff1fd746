package transport

import "testing"

// TestNotificationsReachAPumpThatGoesRound: the pump has found nothing to do
// any more, meanwhile it is wanted again and goes round, and what the network
// reports during that round must not be lost.
func TestNotificationsReachAPumpThatGoesRound(t *testing.T) {
	s := &Socket{}
	s.pumping = true // a pump runs, and its socket has just turned passive
	s.kick(true)     // the owner makes it active again
	if s.rest(false) {
		t.Fatal("the pump has ended though it was wanted again")
	}
	s.notify() // data comes just after the pump has found none
	if s.rest(true) {
		t.Fatal("the pump has ended without looking at what the network reported")
	}
	if !s.rest(true) || s.pumping {
		t.Fatal("the pump does not end")
	}
}
