package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/control"
)

// newStat returns the command warren stat.
func newStat() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "stat [SOCKET]",
		Short: "Show the sockets and counters of a running serve",
		Long: `Asks a running warren serve, through its control socket, for its sockets and
counters. Without SOCKET the only one of this user is asked. Counters that are
zero are left out; --json has them all.`,
		Example: "  warren stat\n  warren stat --json /run/warren/tun0.sock | jq .sockets",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			report, err := askServe(c, args)
			if err != nil {
				return err
			}
			if !asJSON {
				return report.WriteText(c.OutOrStdout())
			}
			out := json.NewEncoder(c.OutOrStdout())
			out.SetIndent("", "  ")
			return out.Encode(report)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write the whole report as one JSON object")
	return c
}

// askServe asks the serve of the socket in args, or the only one that runs.
func askServe(c *cobra.Command, args []string) (control.Report, error) {
	if len(args) == 1 {
		report, err := control.Ask(c.Context(), args[0])
		if err != nil {
			return control.Report{}, environmentError{err}
		}
		return report, nil
	}
	reports, paths, err := askAll(c.Context())
	switch len(reports) {
	case 0:
		return control.Report{}, environmentError{errors.Join(errors.New(
			"SOCKET: no warren serve of this user is running: start one, or name the socket that its --control gave"), err)}
	case 1:
		return reports[0], nil
	}
	return control.Report{}, usage(c, fmt.Errorf("SOCKET: %d are running: name one of %s", len(paths), strings.Join(paths, ", ")))
}

// askAll asks every serve of this user. err says why some did not answer.
func askAll(ctx context.Context) (reports []control.Report, paths []string, err error) {
	for _, path := range control.Find() {
		report, askErr := control.Ask(ctx, path)
		if askErr != nil {
			err = errors.Join(err, askErr)
			continue
		}
		reports = append(reports, report)
		paths = append(paths, path)
	}
	return reports, paths, err
}
