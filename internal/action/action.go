// Package action connects the packages: inputs to the pipeline, and its events and its result to the report.
//
// It takes the arguments, the environment, and stdout of a process, runs the step or the post step, and returns the exit
// code. It must never decide what happens in the step or how it is shown, nor print anything but its version before the secrets are masked.
package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/pipeline"
	"dbt-tableau-refresh/internal/report"
)

// Option changes how the action runs, for tests and for the demo.
type Option func(*clientOptions)

// WithDial replaces the network.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(o *clientOptions) { o.dial = dial }
}

// WithoutJitter makes the times between retries deterministic.
func WithoutJitter() Option { return func(o *clientOptions) { o.jitter = 0 } }

// WithEnviron passes all environment variables, as in [os.Environ], so that mistyped names of inputs are found.
func WithEnviron(environ []string) Option { return func(o *clientOptions) { o.environ = environ } }

type clientOptions struct {
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	jitter    float64 // see rest.Options
	userAgent string
	environ   []string
}

// errArguments does not repeat the arguments, because they may contain secrets that are not masked.
var errArguments = errors.New(`remove "args" from the step: the action accepts no arguments. Outside of a workflow, ` +
	`the only argument is "version"`)

// Main runs the step, or the post step if the base name of args[0] is "post" (the runner passes no arguments to a post step), and
// returns the exit code. Outside of a workflow, the single argument "version" prints the version instead. In a workflow, it is
// refused like every other argument, because a step that does nothing must not succeed.
//
// getenv returns the environment variables that the runner sets for a container. Output goes to stdout and to the files in
// these variables. https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
func Main(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer, options ...Option) int {
	opts := &clientOptions{jitter: 0.2, userAgent: "dbt-tableau-refresh/" + versionWithRef(version, getenv)}
	for _, option := range options {
		option(opts)
	}
	isPost := path.Base(args[0]) == "post"
	arguments := strings.TrimSpace(strings.Join(args[1:], " "))
	if arguments == "version" && !isPost && !report.OnRunner(getenv) {
		fmt.Fprintln(stdout, versionWithRef(version, getenv))
		return 0
	}
	r := report.New(stdout, getenv)
	r.Mask(config.Secrets(getenv)...)
	c, err := config.Load(getenv, opts.environ...)
	if isPost {
		return runPost(ctx, opts, c, r, report.ReadState(getenv))
	}
	if arguments != "" {
		err = errors.Join(errArguments, err)
	}
	if err != nil {
		return r.Invalid(err)
	}
	return runStep(ctx, opts, c, r)
}

func runStep(ctx context.Context, opts *clientOptions, c *config.Config, r *report.Report) int {
	services, err := opts.connect(c, r)
	if err != nil {
		return r.Invalid(err)
	}
	if services.DBT != nil {
		defer services.DBT.Close()
	}
	if services.Tableau != nil {
		defer services.Tableau.Close()
	}
	return r.Finish(pipeline.Run(ctx, c, services, r))
}

// ProcessTimeout returns the time limit of the process: a minute more than the timeout of the step.
func ProcessTimeout(getenv func(string) string) time.Duration {
	c, err := config.Load(getenv)
	if err != nil {
		return time.Minute
	}
	return c.Timeout + time.Minute
}
