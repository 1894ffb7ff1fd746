package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/demo"
)

// newDemo returns the command warren demo.
func newDemo() *cobra.Command {
	var capture string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch the life of a socket, packet by packet",
		Long: `Runs two stacks in this process, joined by an in-memory link, and draws the
whole life of one socket: the calls of both sides and every packet between
them. Then, in a simulated world where minutes take no time, a backlog that
overflows, a timeout, and ports that run out. It needs no rights and no network,
and opens no kernel socket.`,
		Example: "  warren demo\n  warren demo --pcap demo.pcapng",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if capture == "" && c.Flags().Changed("pcap") {
				return usage(c, errors.New("--pcap: is empty: give a file to write, or leave the flag out"))
			}
			out := c.OutOrStdout()
			return withCapture(capture, func(file io.Writer) error {
				return demo.Run(c.Context(), demo.Config{Out: out, Colour: wantsColour(out), Capture: file, CaptureName: capture})
			})
		},
	}
	c.Flags().StringVar(&capture, "pcap", "", "also write the packets to this `file`, as pcapng")
	return c
}

// withCapture calls f with the file to be made, or with nil where name is "".
func withCapture(name string, f func(io.Writer) error) error {
	if name == "" {
		return f(nil)
	}
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("--pcap: %w: give a file in a directory that can be written", err)
	}
	err = errors.Join(f(file), file.Close())
	if full := (*fs.PathError)(nil); errors.As(err, &full) && full.Path == name {
		return fmt.Errorf("--pcap: %w: give a file where there is room for it", err)
	}
	return err
}

// wantsColour reports whether out is a terminal whose user has not asked for
// plain text (no-color.org).
func wantsColour(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
