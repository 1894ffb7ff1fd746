package report

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// pictureBytesMax keeps the picture of the documents small enough for those
// who clone the repository.
const pictureBytesMax = 200_000

// pictureFile is the screenshot that docs/simulation.md shows.
var pictureFile = filepath.Join("..", "..", "docs", "simulation-report.png")

// savePicture writes a PNG with its 128 commonest colours only, which for a
// page of text takes half the space and cannot be told apart.
func savePicture(t *testing.T, file string, screenshot []byte) {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(screenshot))
	if err != nil {
		t.Fatal(err)
	}
	bounds := full.Bounds()
	count := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA {
		r, g, b, _ := full.At(x, y).RGBA()
		round := func(c uint32) uint8 { return uint8((c>>8 + 4) / 8 * 255 / 32) }
		return color.RGBA{round(r), round(g), round(b), 255}
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	var palette color.Palette
	for c := range count {
		palette = append(palette, c)
	}
	slices.SortFunc(palette, func(a, b color.Color) int {
		c, d := a.(color.RGBA), b.(color.RGBA)
		return cmp.Or(count[d]-count[c], int(c.R)-int(d.R), int(c.G)-int(d.G), int(c.B)-int(d.B))
	})
	few := image.NewPaletted(bounds, palette[:min(len(palette), 128)])
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			few.Set(x, y, at(x, y))
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, few); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPictureIsSmall looks at the picture of the documents.
func TestPictureIsSmall(t *testing.T) {
	b, err := os.ReadFile(pictureFile)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > pictureBytesMax {
		t.Errorf("%s has %d bytes, at most %d", pictureFile, len(b), pictureBytesMax)
	}
	if _, err := png.Decode(bytes.NewReader(b)); err != nil {
		t.Error(err)
	}
}
