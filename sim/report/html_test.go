package report

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPageInABrowser opens the report of a failing run in a real browser.
func TestPageInABrowser(t *testing.T) {
	b := newBrowser(t, 1500, 950)
	b.open(upload(t), "")
	b.want(`document.querySelectorAll(".row[data-packet]").length`, "14")
	b.want(`[...document.querySelectorAll(".row.again")].map(e => e.dataset.packet).join(" ")`, "2 10")
	b.want(`[...document.querySelectorAll(".arrows .again")].map(e => e.dataset.packet).join(" ")`, "2 10")
	b.want(`[...document.querySelectorAll(".row.lost")].map(e => e.dataset.packet).join(" ")`, "1 6 13")
	b.quiet()
	if dir := os.Getenv("REPORT_SHOTS"); dir != "" {
		b.screenshot(filepath.Join(dir, "upload.png"))
	}
}
