package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium that shows one page. It is spoken to by its
// DevTools protocol over a pipe: messages of JSON that end in a zero byte.
type browser struct {
	t        *testing.T
	in       io.WriteCloser
	out      *bufio.Reader
	calls    int
	session  string
	problems []string // exceptions, console messages, requests that left the page
	loaded   bool
}

// chromium finds a browser, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser; runs without -short")
	}
	if runtime.GOOS == "windows" {
		t.Skip("speaks to the browser over file descriptors, which processes do not inherit on Windows")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("needs chromium, Debian's package of that name, in PATH")
	return ""
}

// newBrowser opens a page of the given size.
func newBrowser(t *testing.T, width, height int) *browser {
	t.Helper()
	path := chromium(t)
	childIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "warren-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	// The sandbox refuses root, and machines that let nobody make namespaces;
	// what is shown here is our own.
	args := []string{
		"--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--disable-breakpad", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--force-color-profile=srgb", "--user-data-dir=" + profile,
		fmt.Sprintf("--window-size=%d,%d", width, height), "about:blank",
	}
	cmd := exec.Command(path, args...)
	cmd.ExtraFiles = []*os.File{childIn, childOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	childIn.Close()
	childOut.Close()
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	stuck := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		defer stuck.Stop()
		in.Close()
		_, _ = io.Copy(io.Discard, out) // until it has ended
		_ = cmd.Wait()
		out.Close()
		_ = os.RemoveAll(profile) // its helpers may write for a moment longer
	})
	b.attach(width, height)
	return b
}

// attach takes the browser's page.
func (b *browser) attach(width, height int) {
	b.t.Helper()
	var targets struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	b.call("Target.getTargets", nil, &targets)
	target := ""
	for _, info := range targets.TargetInfos {
		if info.Type == "page" {
			target = info.TargetID
		}
	}
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// call sends a command and waits for its answer; what happens meanwhile is
// noted.
func (b *browser) call(method string, params any, result any) {
	b.t.Helper()
	b.calls++
	message := map[string]any{"id": b.calls, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		answer := b.receive()
		if answer.ID != b.calls {
			continue
		}
		if answer.Error != nil {
			b.t.Fatalf("%s: %s", method, answer.Error)
		}
		if result != nil {
			if err := json.Unmarshal(answer.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// devtoolsMessage is an answer or an event.
type devtoolsMessage struct {
	ID            int
	Method        string
	Params        json.RawMessage
	Result, Error json.RawMessage
}

// receive reads one message and notes what is wrong with the page.
func (b *browser) receive() devtoolsMessage {
	b.t.Helper()
	text, err := b.out.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser has ended: %v", err)
	}
	var m devtoolsMessage
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
		b.t.Fatal(err)
	}
	switch m.Method {
	case "Page.loadEventFired":
		b.loaded = true
	case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
		b.problems = append(b.problems, m.Method+": "+string(m.Params))
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		if err := json.Unmarshal(m.Params, &p); err == nil && !strings.HasPrefix(p.Request.URL, "file:") && !strings.HasPrefix(p.Request.URL, "data:") {
			b.problems = append(b.problems, "a request to "+p.Request.URL)
		}
	}
	return m
}

// open shows a report and waits until its scripts have run.
func (b *browser) open(run *Run, fragment string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "report.html")
	if err := WriteHTML(file, run); err != nil {
		b.t.Fatal(err)
	}
	b.openFile(file, fragment)
}

// openFile shows a file and waits until its scripts have run.
func (b *browser) openFile(file, fragment string) {
	b.t.Helper()
	b.loaded = false
	b.call("Page.navigate", map[string]any{"url": (&url.URL{Scheme: "file", Path: file, Fragment: fragment}).String()}, nil)
	for !b.loaded {
		b.receive()
	}
	if got := b.eval(`document.documentElement.dataset.ready || "no"`); got != "true" {
		b.t.Errorf("the page's scripts did not come to their end: %s", strings.Join(b.problems, "\n"))
	}
}

// eval returns the value of an expression as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	return fmt.Sprint(answer.Result.Value)
}

// want compares the value of an expression.
func (b *browser) want(expression, want string) {
	b.t.Helper()
	if got := b.eval(expression); got != want {
		b.t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// eventually compares the value of an expression once it is as wanted, or
// after a hundred frames.
func (b *browser) eventually(expression, want string) {
	b.t.Helper()
	for i := 0; i < 100 && b.eval(expression) != want; i++ {
		b.eval(`new Promise(requestAnimationFrame)`)
	}
	b.want(expression, want)
}

// click presses and releases the mouse in the middle of an element.
func (b *browser) click(selector string) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	place := b.place(selector, `{x: r.left + r.width / 2, y: r.top + r.height / 2}`)
	if err := json.Unmarshal([]byte(place), &at); err != nil {
		b.t.Fatalf("%s: %v", selector, err)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// place scrolls an element into sight and returns what an expression makes of
// its rectangle r, once that has been painted: Chromium drops the clicks on
// what has not.
func (b *browser) place(selector, expression string) string {
	b.t.Helper()
	return b.eval(fmt.Sprintf(`(async () => {
		document.querySelector(%q).scrollIntoView({block: "center"});
		for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
		const r = document.querySelector(%q).getBoundingClientRect();
		return JSON.stringify(%s);
	})()`, selector, selector, expression))
}

// drag moves the mouse within an element from one part of its width to
// another.
func (b *browser) drag(selector string, from, to float64) {
	b.t.Helper()
	var r struct{ X, Y, W, H float64 }
	place := b.place(selector, `{x: r.left, y: r.top, w: r.width, h: r.height}`)
	if err := json.Unmarshal([]byte(place), &r); err != nil {
		b.t.Fatalf("%s: %v", selector, err)
	}
	for _, step := range []struct {
		kind string
		at   float64
	}{{"mousePressed", from}, {"mouseMoved", (from + to) / 2}, {"mouseMoved", to}, {"mouseReleased", to}} {
		b.call("Input.dispatchMouseEvent", map[string]any{
			"type": step.kind, "x": r.X + step.at*r.W, "y": r.Y + r.H/2, "button": "left", "buttons": 1, "clickCount": 1,
		}, nil)
	}
}

// dark chooses between the light and the dark colours.
func (b *browser) dark(on bool) {
	value := "light"
	if on {
		value = "dark"
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]string{"name": "prefers-color-scheme", "value": value}}}, nil)
}

// screenshot is what is to be seen, as a PNG.
func (b *browser) screenshot() []byte {
	b.t.Helper()
	var shot struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	return shot.Data
}

// quiet wants that nothing went wrong on the page so far.
func (b *browser) quiet() {
	b.t.Helper()
	for _, p := range b.problems {
		b.t.Error(p)
	}
	b.problems = nil
}
