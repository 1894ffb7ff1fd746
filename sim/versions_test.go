package sim

import (
	"os"
	"strings"
	"testing"
)

func TestVersionOfGVisorIsThatOfTheModule(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := "gvisor.dev/gvisor " + gvisorVersion; !strings.Contains(string(mod), want) {
		t.Errorf("go.mod does not say %q: change gvisorVersion with it", want)
	}
}
