package report

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// The measures of a chart.
const (
	chartWidth = 18 * vg.Centimeter
	chartHead  = 3 * vg.Centimeter // title, axis and margins
	// chartMargin is for viewers that have another font with wider letters.
	chartMargin = 0.8 * vg.Centimeter
	barPitch    = 0.8 * vg.Centimeter
	barWidth    = 0.5 * vg.Centimeter
)

var (
	baseColour  = color.RGBA{R: 0x9a, G: 0xa5, B: 0xb1, A: 0xff}
	otherColour = color.RGBA{R: 0x2f, G: 0x6f, B: 0x9f, A: 0xff}
)

// Charts writes a chart in SVG for each metric of each row into a directory, which
// it makes if there is none. Bars are medians, whiskers reach from the least to
// the most, and the base is grey.
func Charts(dir string, o *series.Outcome) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, row := range o.Rows {
		var metrics []string
		for _, c := range row.Cells {
			if !slices.Contains(metrics, c.Metric) {
				metrics = append(metrics, c.Metric)
			}
		}
		for _, metric := range metrics {
			file := filepath.Join(dir, slug(row.Name+" "+metric)+".svg")
			if err := chart(file, row, metric); err != nil {
				return err
			}
		}
	}
	return nil
}

var notSlug = regexp.MustCompile(`[^a-z0-9.]+`)

// slug is a file's name for a text.
func slug(text string) string {
	return strings.Trim(notSlug.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// chart draws one metric of one row.
func chart(file string, row series.RowOutcome, metric string) error {
	var cells []series.Cell
	for _, c := range row.Cells {
		if c.Metric == metric && c.Value.Count > 0 {
			cells = append(cells, c)
		}
	}
	if len(cells) == 0 {
		return nil
	}
	slices.Reverse(cells) // the axis grows upwards, and the base stands at the top
	p := plot.New()
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		style.Font.Variant = "Sans"
	}
	p.Title.Text = row.Name + ": " + metric
	p.X.Label.Text = cells[0].Unit
	p.X.Min = 0
	var names []string
	for i, c := range cells {
		if err := addBar(p, i, c, isBase(row, c.Variant)); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		names = append(names, barName(c))
	}
	p.NominalY(names...)
	canvas := vgsvg.New(chartWidth, chartHead+vg.Length(len(cells))*barPitch)
	p.Draw(draw.Crop(draw.New(canvas), chartMargin, -chartMargin, chartMargin/2, -chartMargin/2))
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", file, err)
	}
	return f.Close()
}

// barName is what stands beside a bar.
func barName(c series.Cell) string {
	if c.Ratio.Count == 0 {
		return c.Variant
	}
	return fmt.Sprintf("%s  x%s", c.Variant, number(c.Ratio.Median))
}

// addBar draws the i-th bar from below.
func addBar(p *plot.Plot, i int, c series.Cell, isBase bool) error {
	bar, err := plotter.NewBarChart(plotter.Values{c.Value.Median}, barWidth)
	if err != nil {
		return err
	}
	bar.Horizontal, bar.XMin, bar.Color = true, float64(i), otherColour
	bar.LineStyle.Width = 0
	if isBase {
		bar.Color = baseColour
	}
	reach, err := plotter.NewXErrorBars(&whisker{c.Value, float64(i)})
	if err != nil {
		return err
	}
	p.Add(bar, reach)
	return nil
}

// whisker reaches from the least to the most.
type whisker struct {
	series.Spread
	y float64
}

// Len implements plotter.XYer.
func (*whisker) Len() int { return 1 }

// XY implements plotter.XYer.
func (w *whisker) XY(int) (x, y float64) { return w.Median, w.y }

// XError implements plotter.XErrorer.
func (w *whisker) XError(int) (low, high float64) { return w.Median - w.Min, w.Max - w.Median }
