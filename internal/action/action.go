// Package action wires the rooms together: the inputs to the story, and the story to the report.
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

// Option changes how the action reaches the outside world.
type Option func(*world)

// WithDial replaces the network.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(w *world) { w.dial = dial }
}

// WithoutJitter takes chance out of the times between attempts.
func WithoutJitter() Option {
	return func(w *world) { w.jitter = 0 }
}

// world is how the action reaches the outside world.
type world struct {
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	jitter float64
	agent  string
}

// defaultJitter is the part of a back-off that chance may add or take.
const defaultJitter = 0.2

// postName is the name under which the image has the program for its post step; the runner passes no arguments there.
const postName = "post"

// versionCommand prints the version, and does nothing else.
const versionCommand = "version"

// errArguments does not repeat the arguments: nobody has masked what they hold.
var errArguments = errors.New(`failed to take the arguments: a step has none (remove "args"), and outside of a workflow there is only "` + versionCommand + `"`)

// Main is one process of the action: the step, or its post step when args[0] says so. It returns the exit code.
// Outside of a workflow the one argument "version" prints the version instead. In a workflow it is refused like every other
// argument: a step that does nothing must not pass.
//
// The inputs come through getenv as the runner gives them to a container; everything that is said goes to stdout and to
// the files that the runner names. https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
func Main(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer, options ...Option) int {
	w := &world{jitter: defaultJitter, agent: userAgent(getenv)}
	for _, option := range options {
		option(w)
	}
	post := path.Base(args[0]) == postName
	asked := strings.TrimSpace(strings.Join(args[1:], " "))
	if asked == versionCommand && !post && !report.OnRunner(getenv) {
		fmt.Fprintln(stdout, released(version, getenv))
		return 0
	}
	r := report.New(stdout, getenv)
	r.Mask(config.Secrets(getenv)...)
	c, err := config.Load(getenv)
	if post {
		return w.post(ctx, c, r, report.ReadState(getenv))
	}
	if asked != "" {
		err = errors.Join(errArguments, err)
	}
	if err != nil {
		return r.Invalid(err)
	}
	return w.step(ctx, c, r)
}

func (w *world) step(ctx context.Context, c *config.Config, r *report.Report) int {
	services, err := w.connect(c, r)
	if err != nil {
		return r.Invalid(err)
	}
	defer services.DBT.Close()
	if services.Tableau != nil {
		defer services.Tableau.Close()
	}
	return r.Finish(pipeline.Execute(ctx, c, services, r))
}

// Limit is after how long the process has to be gone: a minute after the step's own time limit.
func ProcessTimeout(getenv func(string) string) time.Duration {
	c, err := config.Load(getenv)
	if err != nil {
		return time.Minute
	}
	return c.Timeout + time.Minute
}
