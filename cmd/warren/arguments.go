package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// arguments wants least to most arguments and says, in the words of the
// command's own usage line, which are missing or too many.
func arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		_, names, _ := strings.Cut(c.Use, " ")
		switch {
		case len(args) < least:
			return fmt.Errorf("%s: missing: write %s %s", names, c.CommandPath(), names)
		case len(args) > most:
			return fmt.Errorf("argument %q: is one too many: write %s %s", args[most], c.CommandPath(), names)
		}
		return nil
	}
}
