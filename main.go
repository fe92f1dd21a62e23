// Command dbt-tableau-refresh is one step of a GitHub workflow: it runs a dbt job and, only if that succeeded, refreshes
// the Tableau workbooks and data sources that depend on it.
//
// It is the entry point of a container. It takes its inputs from the environment, and its exit code is the outcome.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"dbt-tableau-refresh/internal/action"
)

//go:generate go run ./internal/readme

// shutdownTimeout is how long the process may take after a signal. The runner sends a second signal after 7.5 s, and kills
// the process soon after.
const shutdownTimeout = 6500 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A closed log must not end the step, because the dbt run would continue on its own.
	signal.Ignore(syscall.SIGPIPE)
	// The watchdog ends a process that hangs.
	exit := func() { os.Exit(1) }
	context.AfterFunc(ctx, func() { time.AfterFunc(shutdownTimeout, exit) })
	time.AfterFunc(action.ProcessTimeout(os.Getenv), exit)

	code := action.Main(ctx, os.Args, os.Getenv, os.Stdout, action.WithEnviron(os.Environ()))
	stop()
	os.Exit(code)
}
