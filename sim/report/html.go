package report

import (
	"bufio"
	"embed"
	"html/template"
	"io"
	"strings"
)

//go:embed page
var pageFiles embed.FS

// pageScripts are the page's programs, in the order in which they run. They
// share one scope.
var pageScripts = []string{"page/model.js", "page/packet.js", "page/ladder.js", "page/graph.js", "page/page.js"}

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/page.html"))

// HTML writes the run as one HTML file that needs nothing besides itself: a
// sequence diagram, a time-sequence graph and curves of each TCP connection,
// and for each packet what became of it. It asks the network for nothing, and
// its own policy forbids it to.
//
// Of long runs it shows the last 10,000 packets, 20,000 samples and 5,000
// notes, and says so.
func HTML(w io.Writer, run *Run) error {
	styles, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return err
	}
	var scripts strings.Builder
	for _, name := range pageScripts {
		script, err := pageFiles.ReadFile(name)
		if err != nil {
			return err
		}
		scripts.Write(script)
	}
	a := analyse(run.Records)
	var text strings.Builder
	if err := Text(&text, run); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	err = pageTemplate.Execute(out, page{
		Run:      run,
		Style:    template.CSS(styles),
		Script:   template.JS(scripts.String()),
		Data:     newPageData(run, a),
		Findings: find(lastOf(a.packets, pagePacketsMax)),
		Text:     text.String(),
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// page is what the template is filled with.
type page struct {
	Run      *Run
	Style    template.CSS
	Script   template.JS
	Data     pageData
	Findings []finding
	Text     string // for who has no scripts
}

// Title names the page.
func (p page) Title() string {
	if p.Run.Test == "" {
		return "a simulated run"
	}
	return p.Run.Test
}

// Struck are the faults that struck, before those that never did.
func (p page) Struck() []Fault { return sortedFaults(p.Run.Faults) }

// Losing are the paths that lost packets, up to a number of them.
func (p page) Losing() []string {
	var lines []string
	for _, path := range p.Run.Paths {
		if path.Counters.DroppedAll() > 0 && len(lines) < pageListMax {
			lines = append(lines, path.Name+": "+path.losses())
		}
	}
	return lines
}

// Hosts are the hosts, up to a number of them.
func (p page) Hosts() []Host { return p.Run.Hosts[:min(len(p.Run.Hosts), pageListMax)] }

// MoreHosts is how many hosts are left out.
func (p page) MoreHosts() int { return max(0, len(p.Run.Hosts)-pageListMax) }
