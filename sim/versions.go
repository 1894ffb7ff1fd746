package sim

import (
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/seed-731cb71d/warren/sim/report"
)

// gvisorVersion is the version that go.mod asks for. Test binaries do not say
// which modules they are made of.
const gvisorVersion = "v0.0.0-20260905035102-160fafc42237"

// Versions are what the hash of a trace is promised for: equal versions and
// seeds give equal traces.
func Versions() report.Versions { return versions() }

var versions = sync.OnceValue(func() report.Versions {
	v := report.Versions{Warren: "unknown", GVisor: gvisorVersion, Go: runtime.Version(), GOARCH: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		switch m.Path {
		case "github.com/seed-731cb71d/warren":
			v.Warren = versionOf(m)
		case "gvisor.dev/gvisor":
			v.GVisor = versionOf(m)
		}
	}
	return v
})

// versionOf is the version of a module, or of what replaces it. A checkout has
// none.
func versionOf(m *debug.Module) string {
	for m.Replace != nil {
		m = m.Replace
	}
	if m.Version == "" {
		return "(devel)"
	}
	return m.Version
}
