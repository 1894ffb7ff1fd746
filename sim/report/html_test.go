package report

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// TestPageInABrowser opens reports in a real browser. One browser serves all
// subtests, since starting it takes longer than they do.
func TestPageInABrowser(t *testing.T) {
	b := newBrowser(t, 1500, 950)
	for _, test := range []struct {
		name string
		run  func(*browser)
	}{
		{"marks", pageMarks},
		{"choosing", pageChoosing},
		{"filter", pageFilter},
		{"graphs", pageGraphs},
		{"many packets", pageManyPackets},
		{"many hosts", pageManyHosts},
		{"hostile text", pageHostileText},
		{"nothing", pageNothing},
		{"print", pagePrint},
		{"a failing test", pageOfAFailingTest},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.t = t
			test.run(b)
			b.quiet()
		})
	}
}

// marked lists the packets of the rows or arrows that a selector finds.
func marked(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.dataset.packet).join(" ")`, selector)
}

const (
	allRows    = `document.querySelectorAll(".row").length`
	packetRows = `document.querySelectorAll(".row[data-packet]").length`
)

func pageMarks(b *browser) {
	b.open(upload(b.t), "")
	b.want(packetRows, "14")
	b.want(allRows, "16")
	b.want(marked(".row.again"), "2 10")
	b.want(marked(".arrows .again"), "2 10")
	b.want(`document.querySelectorAll(".arrows .again-mark").length`, "2")
	b.want(marked(".row.lost"), "1 6 13")
	b.want(marked(".arrows .under-way"), "12 14")
	b.want(`[...document.querySelectorAll(".finding summary")].map(e => e.textContent).join()`, "2 sent again,3 lost")
	b.want(`document.querySelector("h1").textContent`, "TestUpload failed")
	b.want(`document.querySelectorAll("#graph-sequence .sent-again, #graph-sequence .sack, #graph-sequence .acked, #graph-sequence .edge, #graph-sequence .lost").length`, "5")
	b.dark(true)
	b.want(`getComputedStyle(document.body).backgroundColor`, "rgb(22, 24, 28)")
	b.dark(false)
	b.want(`getComputedStyle(document.body).backgroundColor`, "rgb(251, 250, 247)")
}

func pageChoosing(b *browser) {
	b.open(upload(b.t), "packet=2")
	b.want(marked(".row.chosen"), "2")
	b.click(`.row[data-packet="10"]`)
	b.want(marked(".row.chosen"), "10")
	b.want(marked(".arrows .chosen"), "10")
	b.want(`document.querySelectorAll("#graph-sequence .mark").length`, "1")
	b.want(`location.hash`, "#packet=10")
	detail := b.eval(`document.getElementById("detail").innerText`)
	for _, want := range []string{
		"#10 PSH ACK seq 1001 ack 1 len 1000", "client to server", "1050.000 ms, after 10 ms", "1000 of its numbers",
		"10.0.0.1 to 10.0.0.2, TTL 64, protocol 6", "49152 to 80, seq 2001, ack 5001, PSH ACK", "45 00 04 10", "and 928 bytes more",
	} {
		if !strings.Contains(detail, want) {
			b.t.Errorf("no %q in the details:\n%s", want, detail)
		}
	}
	b.eval(`document.getElementById("ladder").focus()`)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "ArrowDown", "code": "ArrowDown"}, nil)
	b.want(marked(".row.chosen"), "11")
	b.click("#previous-lost")
	b.want(marked(".row.chosen"), "6")
	b.click("#next-again")
	b.want(marked(".row.chosen"), "10")
	b.eval(`document.querySelector(".finding.again").open = true`)
	b.click(`.finding.again a[href="#packet=2"]`)
	b.eventually(marked(".row.chosen"), "2")
	b.click(`.row[data-packet="9"]`)
	if got := b.eval(`document.getElementById("detail").innerText`); !strings.Contains(got, "2001 to 3000") || !strings.Contains(got, "1 SACK blocks") {
		b.t.Errorf("no SACK block in the details:\n%s", got)
	}
}

func pageFilter(b *browser) {
	b.open(upload(b.t), "")
	set := func(id, property, value string) {
		b.eval(fmt.Sprintf(`{ const e = document.getElementById(%q); e.%s = %s; e.dispatchEvent(new Event("input", {bubbles: true})) }`, id, property, value))
	}
	count := `document.getElementById("filter-count").textContent`
	b.click("#filter-lost")
	b.want(marked(".row"), "1 6 13")
	b.want(count, "3 of 14 packets")
	b.click("#filter-again")
	b.want(packetRows, "0")
	b.click("#filter-lost")
	b.want(marked(".row"), "2 10")
	b.click("#filter-again")
	set("filter-text", "value", `"payloadMIN=1000 nth=2"`)
	b.want(marked(".row"), "6")
	set("filter-text", "value", `"is COMPLETE"`)
	b.want(allRows, "1")
	set("filter-text", "value", `""`)
	b.click(`#filter-flags input[value="SYN"]`)
	b.want(marked(".row"), "1 2 3")
	b.click(`#filter-flags input[value="FIN"]`)
	b.want(marked(".row"), "1 2 3 14")
	b.click(`#filter-flags input[value="SYN"]`)
	b.click(`#filter-flags input[value="FIN"]`)
	b.click(`#filter-flags input[value="data"]`)
	b.want(marked(".row"), "5 6 7 10 12")
	b.click(`#filter-flags input[value="data"]`)
	set("filter-flow", "value", `"1"`)
	b.want(marked(".row[data-packet]"), "13")
	set("filter-flow", "value", `"-1"`)
	set("filter-host", "value", `"2"`) // the bystander
	b.want(packetRows, "0")
	set("filter-host", "value", `"-1"`)
	b.click("#filter-wakeups")
	b.want(allRows, "17")
	b.eval(`location.hash = "#packet=4"`) // a link to what the filter hides lifts it
	b.click("#filter-lost")
	b.eval(`location.hash = "#packet=3"`)
	b.eventually(marked(".row.chosen"), "3")
	b.want(packetRows, "14")
}

func pageGraphs(b *browser) {
	run := upload(b.t)
	flow := fault.Flow{Src: run.Hosts[0].Sockets[0].Local, Dst: run.Hosts[0].Sockets[0].Remote, Proto: fault.TCP}
	for i := range 10 {
		run.Samples = append(run.Samples, Sample{
			At: time.Duration(1020+i) * time.Millisecond, Host: "client", Flow: flow,
			CongestionWindow: 10 + i, SlowStartThreshold: 1<<31 - 1, RTT: 20 * time.Millisecond, RTO: time.Second,
		})
	}
	run.Samples = append(run.Samples, Sample{Host: "nobody", Flow: flow, CongestionWindow: 9})
	b.open(run, "")
	b.want(`[...document.querySelectorAll("#graph-window .curve, #graph-time .curve")].map(e => e.classList[1]).join()`, "cwnd,rto,rtt")
	b.drag("#graph-sequence", 0.7, 0.9)
	b.want(`state.to - state.from < 0.3 * run.now && state.from > 0.5 * run.now`, "true")
	b.click("#filter-range")
	b.want(marked(".row[data-packet]"), b.eval(`packets.filter(p => p.at >= state.from && p.at <= state.to).map(p => p.n).join(" ")`))
	b.click("#filter-range")
	b.click("#zoom-out")
	b.click("#pan-left")
	b.click("#zoom-all")
	b.want(`state.to - state.from >= run.now`, "true")
	b.eval(`zoom(1015e6, 1060e6)`)
	x := b.eval(`graphs.picks.find(p => packets[p.index].n === 10).x`)
	y := b.eval(`graphs.picks.find(p => packets[p.index].n === 10).y`)
	b.eval(fmt.Sprintf(`{ const r = document.getElementById("graph-sequence").getBoundingClientRect();
		for (const kind of ["pointerdown", "pointerup"]) document.getElementById("graph-sequence").dispatchEvent(
			new PointerEvent(kind, {clientX: r.left + %s, clientY: r.top + %s, button: 0, pointerId: 1})) }`, x, y))
	b.want(marked(".row.chosen"), "10")
	b.eval(`{ const e = document.getElementById("graph-side"); e.value = "1"; e.dispatchEvent(new Event("input")) }`)
	b.want(`document.querySelectorAll("#graph-window .curve").length`, "0")
}

// pageManyPackets has more packets than the page shows.
func pageManyPackets(b *browser) {
	bed := newBed(b.t, engine.PathConfig{Delay: 40 * time.Millisecond}, "client", "server")
	const count = pagePacketsMax + 2345
	for i := range uint32(count) {
		bed.at(time.Duration(i) * time.Millisecond)
		bed.send(segment{from: "client:1000", to: "server:80", flags: fault.ACK, seq: 1 + 1000*i, ack: 1, window: 1000, data: strings.Repeat("x", 1000)})
	}
	b.open(bed.run(), "")
	b.want(`document.getElementById("filter-count").textContent`, "10,000 of 10,000 packets, the last of 12,345")
	b.want(`document.querySelectorAll(".row").length < 100 && document.querySelectorAll(".arrow").length < 700`, "true")
	b.want(`document.querySelector(".row").dataset.packet`, "2346")
	b.eval(`location.hash = "#packet=12000"`)
	b.eventually(marked(".row.chosen"), "12000")
	b.want(`document.querySelectorAll(".row").length < 100`, "true")
	b.want(`document.querySelectorAll("*").length < 3000`, "true")
}

func pageManyHosts(b *browser) {
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("host%d", i))
	}
	bed := newBed(b.t, engine.PathConfig{Delay: time.Millisecond}, names...)
	for i := 1; i < 200; i++ {
		bed.send(segment{from: fmt.Sprintf("host%d:99", i), to: "host0:80", flags: fault.SYN})
	}
	bed.at(time.Second)
	b.open(bed.run(), "")
	b.want(`[...document.querySelectorAll(".ladder-head .host")].map(e => e.textContent).join()`,
		"host0,host1,host2,host3,host4,host5,host6,193 others")
	b.want(`rows[0].packet.n`, "1")
	b.want(`{ rows = [{packet: {from: 0, to: 3}}, {packet: {from: 3, to: 1}}]; arrange([0, 1, 3]).join() }`, "0,3,1")
	b.eval(`refilter()`)
	b.eval(`{ const e = document.getElementById("filter-host"); e.value = "150"; e.dispatchEvent(new Event("input", {bubbles: true})) }`)
	b.want(`[...document.querySelectorAll(".ladder-head .host")].map(e => e.textContent).join()`, "host0,host150")
}

// pageHostileText puts markup wherever a test's author can put text.
func pageHostileText(b *browser) {
	const evil = `</script><img src=x onerror="alert(1)"><script>alert(2)</script>{{.}}` + "\u2028'\"`${alert(3)}<!--"
	bed := newBed(b.t, engine.PathConfig{}, "<b client", "server")
	bed.send(segment{from: "<b client:1", to: "server:80", flags: fault.SYN, data: evil})
	run := bed.run()
	run.Test, run.Failure, run.Replay, run.Hash = evil, evil, evil, evil
	run.Versions.Warren = evil
	run.Notes = []Note{{0, evil, NoteText, evil}, {0, "server", NoteKind(strings.ReplaceAll(evil, " ", "")), evil}}
	run.Faults = []Fault{{evil, 1}}
	run.Hosts[0].State = evil
	lossy := Path{Name: evil}
	lossy.Counters.Dropped[engine.DropFault] = 1
	run.Paths = append(run.Paths, lossy)
	b.open(run, "packet=1")
	b.want(`document.querySelectorAll("img, script").length`, "2") // the page's own two scripts
	b.want(`document.querySelector(".failure").textContent`, evil)
	b.want(`document.querySelector(".ladder-head .host").textContent`, "<b client")
}

func pageNothing(b *browser) {
	b.open(&Run{}, "")
	b.want(allRows, "0")
	b.want(`document.getElementById("graph-sequence").textContent`, "no TCP connection")
	b.open(&Run{Records: []engine.Record{{Kind: engine.Entered, Packet: 8, Path: "no path", Bytes: []byte{1, 2, 3}, Size: 3}}}, "packet=8")
	b.want(packetRows, "1")
}

// pagePrint wants all rows on paper, since paper does not scroll.
func pagePrint(b *browser) {
	bed := newBed(b.t, engine.PathConfig{}, "a", "b")
	for i := range uint32(100) {
		bed.send(segment{from: "a:1", to: "b:2", flags: fault.ACK, seq: i})
	}
	b.open(bed.run(), "")
	b.want(packetRows+` < 100`, "true")
	b.eval(`dispatchEvent(new Event("beforeprint"))`)
	b.want(packetRows, "100")
	b.eval(`dispatchEvent(new Event("afterprint"))`)
	b.want(packetRows+` < 100`, "true")
	var pdf struct{ Data []byte }
	b.call("Page.printToPDF", nil, &pdf)
	if !strings.HasPrefix(string(pdf.Data), "%PDF") {
		b.t.Errorf("printing gave %d bytes that are no PDF", len(pdf.Data))
	}
}

// pageOfAFailingTest runs a test that fails, with the flag that asks for its
// report, and looks at that. It writes the screenshot of the documents with
// -update.
func pageOfAFailingTest(b *browser) {
	t := b.t
	file := filepath.Join(t.TempDir(), "upload.html")
	cmd := exec.Command(os.Args[0], "-test.run=^TestUpload$", "-sim.html="+file)
	cmd.Env = append(os.Environ(), "WARREN_REPORT_FAIL=1", "WARREN_SIM=")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("the test did not fail:\n%s", out)
	}
	b.openFile(file, "")
	b.want(`document.querySelector("h1").textContent`, "TestUpload failed")
	b.want(`document.querySelector(".finding.again b").textContent`, "2")
	b.click("#previous-again")
	b.want(`document.querySelectorAll(".row.again.chosen, .arrows .again.chosen").length`, "2")
	b.want(`run.samples.length > 100`, "true")
	b.quiet()
	if *update {
		b.eval(`for (let i = 0; i < 3; i++) zoomBy(0.6, packets[state.chosen].at)`)
		b.eval(`scrollTo(0, 0)`)
		savePicture(t, pictureFile, b.screenshot())
	}
}

// TestPageNeedsNothingElse wants one file without a reference to another.
func TestPageNeedsNothingElse(t *testing.T) {
	var page strings.Builder
	if err := HTML(&page, upload(t)); err != nil {
		t.Fatal(err)
	}
	for _, reference := range []string{"src=", "@import", "url(", "<link rel=\"stylesheet", "fetch(", "XMLHttpRequest", "http:", "https:"} {
		text := strings.ReplaceAll(page.String(), "http://www.w3.org/2000/svg", "") // a name, not a place
		text = strings.ReplaceAll(text, "url(#${clip})", "")
		if strings.Contains(text, reference) {
			t.Errorf("the page contains %q", reference)
		}
	}
	if !strings.Contains(page.String(), "default-src &#39;none&#39;") && !strings.Contains(page.String(), "default-src 'none'") {
		t.Error("the page does not forbid itself the network")
	}
	var again strings.Builder
	if err := HTML(&again, upload(t)); err != nil || again.String() != page.String() {
		t.Errorf("two runs, two different pages, %v", err)
	}
	if err := HTML(&full{1000}, upload(t)); err == nil {
		t.Error("no error of a full disk")
	}
}
