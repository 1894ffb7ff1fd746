package test

import (
	"slices"
	"testing"
)

// directionRule forbids packages of some rooms to depend on others, through
// any number of steps.
type directionRule struct {
	name   string
	rooms  []string // whose packages the rule binds; "" is the whole module
	except []string // rooms below them that it does not bind
	banned []string // import paths, with everything below them
	direct bool     // only imports written in the package (tests included)
	reason string
}

// cliPackages are the libraries of command lines.
var cliPackages = []string{"github.com/spf13"}

// devicePackages talk to the operating system's devices and its network
// configuration.
var devicePackages = []string{
	"github.com/songgao/water",
	"github.com/vishvananda",
	"golang.org/x/sys",
}

var directionRules = []directionRule{
	{
		name:   "netstack stands alone",
		rooms:  []string{"netstack"},
		except: []string{"netstack/wgdevice"},
		banned: []string{module + "/tun", module + "/transport", module + "/sim", module + "/cmd", module + "/test"},
		reason: "the three leaves know nothing of one another, so each can be used and understood alone; they meet in cmd, test and transport/onstack",
	},
	{
		name:   "tun stands alone",
		rooms:  []string{"tun"},
		banned: []string{module + "/netstack", module + "/transport", module + "/sim", module + "/cmd", module + "/test"},
		reason: "a TUN device is an io.ReadWriteCloser of packets; it serves any stack",
	},
	{
		name:   "transport stands alone",
		rooms:  []string{"transport"},
		except: []string{"transport/onstack"},
		banned: []string{module + "/netstack", module + "/tun", module + "/sim", module + "/cmd", module + "/test"},
		reason: "the contract is made of standard types and runs on any network; transport/onstack is the one adapter that knows both sides",
	},
	{
		name:   "onstack joins transport and netstack only",
		rooms:  []string{"transport/onstack"},
		banned: []string{module + "/tun", module + "/sim", module + "/cmd", module + "/test"},
		reason: "an adapter that imports more than its two sides is a second place where rooms meet",
	},
	{
		name:   "only scenario, cmd and test know sim",
		rooms:  []string{""},
		except: []string{"sim", "cmd", "test"},
		banned: []string{module + "/sim"},
		reason: "the simulator must never show in the code it simulates",
	},
	{
		name:   "sim opens no device",
		rooms:  []string{"sim"},
		banned: []string{module + "/tun", module + "/cmd", module + "/test"},
		reason: "a simulated network touches no operating system",
	},
	{
		name:   "gVisor only below netstack",
		rooms:  []string{""},
		except: []string{"netstack"},
		banned: []string{gvisor},
		direct: true,
		reason: "what gVisor changes must be mended in one room",
	},
	{
		name:   "no command line in the libraries",
		rooms:  []string{"netstack", "tun", "transport", "sim"},
		banned: cliPackages,
		reason: "who embeds a library does not want its command line",
	},
	{
		name:   "no wazero in netstack and tun",
		rooms:  []string{"netstack", "tun", "transport"},
		banned: []string{"github.com/tetratelabs/wazero"},
		reason: "the whole-program mode is the simulator's, and a stack must not carry a WebAssembly runtime",
	},
	{
		name:   "no wazero in the simulator's library",
		rooms:  []string{"sim"},
		banned: []string{"github.com/tetratelabs/wazero"},
		reason: "tests that import the simulator must not carry a WebAssembly runtime",
	},
	{
		name:   "WireGuard only in netstack/wgdevice",
		rooms:  []string{"netstack", "tun", "transport", "sim"},
		except: []string{"netstack/wgdevice"},
		banned: []string{"golang.zx2c4.com"},
		reason: "only who wants WireGuard pays for it",
	},
	{
		name:   "devices only below tun and in the sandbox",
		rooms:  []string{""},
		except: []string{"tun", "cmd/warren/internal", "test"},
		banned: devicePackages,
		direct: true,
		reason: "system calls beyond the standard library stay where a reader looks for them",
	},
	{
		name:   "capture library only in netstack/pcap",
		rooms:  []string{""},
		except: []string{"netstack/pcap", "cmd/warren/internal/demo"},
		banned: []string{"github.com/gopacket"},
		direct: true,
		reason: "only who captures pays for it; the demo's test reads its capture back",
	},
}

// TestDirections holds the direction rules on every platform, since files
// with build constraints hide their imports from the others.
func TestDirections(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			pkgs := goList(t, p, "./...")
			if len(pkgs) < 3 {
				t.Fatalf("go list found %d packages, which cannot be the whole house", len(pkgs))
			}
			for _, rule := range directionRules {
				for _, pkg := range pkgs {
					checkDirection(t, rule, pkg)
				}
			}
		})
	}
}

// checkDirection reports what pkg depends on against rule.
func checkDirection(t *testing.T, rule directionRule, pkg goPackage) {
	t.Helper()
	bound := slices.Contains(rule.rooms, "") || belowAny(pkg.room(), rule.rooms...)
	if !bound || belowAny(pkg.room(), rule.except...) {
		return
	}
	deps := pkg.Deps
	if rule.direct {
		deps = slices.Concat(pkg.Imports, pkg.TestImports, pkg.XTestImports)
	}
	for _, dep := range deps {
		if belowAny(dep, rule.banned...) {
			t.Errorf("%s depends on %s\nrule %q: %s", pkg.ImportPath, dep, rule.name, rule.reason)
		}
	}
}

// TestTransportIsStandardLibraryOnly holds the third direction rule: nothing
// but the standard library below transport, except in the adapter.
func TestTransportIsStandardLibraryOnly(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			var roots []string
			for _, pkg := range goList(t, p, "./transport/...") {
				if !below(pkg.room(), "transport/onstack") {
					roots = append(roots, pkg.ImportPath)
				}
			}
			for _, dep := range goList(t, p, append([]string{"-deps"}, roots...)...) {
				if !dep.Standard && !below(dep.ImportPath, module+"/transport") {
					t.Errorf("transport depends on %s: the contract is made of standard types, so that any network can carry it without this module's other rooms", dep.ImportPath)
				}
			}
		})
	}
}

// TestDirectionRulesCanFail makes sure that a forbidden import is seen: a
// rule that no package could break would pass for ever.
func TestDirectionRulesCanFail(t *testing.T) {
	var found bool
	for _, pkg := range goList(t, platforms[0], "./netstack") {
		found = found || slices.ContainsFunc(pkg.Imports, func(path string) bool { return below(path, gvisor) })
	}
	if !found {
		t.Error("netstack imports no gVisor package according to go list, so the rules about it test nothing")
	}
}
