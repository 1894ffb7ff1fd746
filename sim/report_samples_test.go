package sim

import "testing"

// TestReportHasSamplesOfCooperativeWorlds wants what TCP knows of a connection
// at both ends, where it is asked for and only there.
func TestReportHasSamplesOfCooperativeWorlds(t *testing.T) {
	for _, asked := range []bool{true, false} {
		w := Must(New(Config{Samples: asked, Path: PathConfig{Delay: 10 * ms}}))
		Must(w.Host("srv").Listen("tcp", ":80"))
		c := w.Must(w.Host("cli").Dial("tcp", "srv:80"))
		Must(c.Write(make([]byte, 20_000)))
		w.Settle()
		windows := map[string]int{} // the largest of each host
		for _, s := range w.Report().Samples {
			windows[s.Host] = max(windows[s.Host], s.CongestionWindow)
		}
		if grown := windows["cli"] > windows["srv"] && windows["srv"] > 0; grown != asked || !asked && len(windows) > 0 {
			t.Errorf("Samples %v: the largest windows are %v; the sender's is to grow, or nothing to be there", asked, windows)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}
