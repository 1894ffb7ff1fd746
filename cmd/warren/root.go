package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// newRoot returns the command warren with all its subcommands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "warren",
		Short:         "A TCP/IP stack that lives inside a process",
		Version:       version(),
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("warren {{.Version}}\n")
	root.AddCommand(newDemo(), newListen(), newConnect(), newServe(), newPing(), newStat(), newSim(), newBench(), newExitCodes())
	markUsage(root)
	return root
}

// markUsage makes wrong flags and arguments of c and of the commands below it
// usage errors.
func markUsage(c *cobra.Command) {
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{c.CommandPath(), flagError(err)}
	})
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{c.CommandPath(), err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		markUsage(sub)
	}
}

// version is the module's version and the commit that the binary was built
// from, as far as the Go command has noted them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	if text == "" {
		text = "(devel)"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		text += fmt.Sprintf(" commit %.12s of %s", commit, settings["vcs.time"])
		if settings["vcs.modified"] == "true" {
			text += ", modified"
		}
	}
	return text + " " + info.GoVersion
}
