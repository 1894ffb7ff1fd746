package wait

import "testing"

func TestTrueAsksUntilTheConditionHolds(t *testing.T) {
	asked := 0
	if !True(func() bool { asked++; return asked == 3 }) || asked != 3 {
		t.Errorf("asked %d times, want 3 and true", asked)
	}
}
