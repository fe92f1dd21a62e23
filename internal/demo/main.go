// Command demo runs the real action against the sandbox, so that it can be tried without any account.
//
//	go run ./internal/demo                           a successful nightly run, in seconds
//	go run ./internal/demo -scenario dbt-fails       another scenario; -list lists all
//	go run ./internal/demo -serve -env sandbox.env   only the two services, for a container or another client
//
// The exit code is that of the action, or 2 if the flags are wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	"dbt-tableau-refresh/internal/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second signal ends the process.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exitUsage is the exit code for wrong flags; the action never returns it.
const exitUsage = 2

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "demo:", err)
		return exitUsage
	case o.list:
		listScenarios(stdout)
		return 0
	}
	code, err := o.run(ctx, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	return code
}

// run starts the services, and then serves or runs the action.
func (o options) run(ctx context.Context, stdout io.Writer) (code int, err error) {
	s, err := startServers(o, stdout)
	if err != nil {
		return 1, err
	}
	defer s.close()
	if o.ca != "" {
		if err := writeFile(o.ca, s.inputs[caInput]); err != nil {
			return 1, err
		}
	}
	if o.serve {
		return 0, s.serve(ctx, o.env, stdout)
	}
	showInputs(stdout, o.scenario.Inputs, s.inputs)
	return runAction(ctx, s, o.summary, stdout)
}

func listScenarios(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range sandbox.Scenarios() {
		fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Description)
	}
	_ = table.Flush()
}
