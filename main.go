// Command dbt-tableau-refresh is one step of a GitHub workflow: it runs a dbt job and, only if that succeeded, refreshes
// the Tableau workbooks and data sources that depend on it.
//
// It is the entry point of a container: inputs come from the environment, the outcome is the exit code.
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

// afterSignal is how long a stopped step may take: the runner sends a second signal after 7.5 s, and kills soon after.
const afterSignal = 6500 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A log that nobody reads any more must not end the step: the run would go on without anybody.
	signal.Ignore(syscall.SIGPIPE)
	// The watchdog: whatever hangs, the process outlives neither its job nor its limit.
	exit := func() { os.Exit(1) }
	context.AfterFunc(ctx, func() { time.AfterFunc(afterSignal, exit) })
	time.AfterFunc(action.ProcessTimeout(os.Getenv), exit)

	code := action.Main(ctx, os.Args, os.Getenv, os.Stdout)
	stop()
	os.Exit(code)
}
