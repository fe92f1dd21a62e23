// Command demo runs the real action against the sandbox: what it does can be seen, and used, without an account anywhere.
//
//	go run ./internal/demo                           the ordinary night, in seconds
//	go run ./internal/demo -scenario dbt-fails       another one; -list names them all
//	go run ./internal/demo -serve -env sandbox.env   only the two services, for a container or another client
//
// It exits as the action does, and with 2 when its flags are wrong.
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
	// A second signal ends whatever the first one did not.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exitUsage tells wrong flags from an action that failed.
const exitUsage = 2

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "demo:", err)
		return exitUsage
	case o.list:
		list(stdout)
		return 0
	}
	code, err := o.perform(ctx, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	return code
}

// perform opens the stage and does on it what the flags ask for.
func (o options) perform(ctx context.Context, stdout io.Writer) (code int, err error) {
	s, err := open(o, stdout)
	if err != nil {
		return 1, err
	}
	defer s.close()
	if o.ca != "" {
		if err := replace(o.ca, s.inputs[caInput]); err != nil {
			return 1, err
		}
	}
	if o.serve {
		return 0, s.serve(ctx, o.env, stdout)
	}
	showInputs(stdout, o.scenario.Inputs, s.inputs)
	return play(ctx, s, o.summary, stdout)
}

func list(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range sandbox.Scenarios() {
		fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Description)
	}
	_ = table.Flush()
}
