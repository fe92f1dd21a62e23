package action_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/action"
	"dbt-tableau-refresh/internal/sandbox"
)

// play is one run of the whole action against a sandbox. Use it inside a synctest bubble.
type play struct {
	scenario sandbox.Scenario
	// inputs replace those that the scenario comes with; "" takes one away.
	inputs map[string]string
	// env is what the runner sets beside the inputs.
	env map[string]string
	// args[0] tells the step from its post step.
	name string
	// args are what follows it; a step has none.
	args []string
	// cancelAfter cancels the step, as a signal would; 0 does not.
	cancelAfter time.Duration
	// box is the sandbox to use; nil makes one of the scenario.
	box *sandbox.Sandbox
	// mount puts something else in the place of a service, and returns what takes it away; nil does not.
	mount func(*sandbox.Network, *sandbox.Sandbox) (stop func())
}

// played is what came of it.
type played struct {
	code           int
	log, summary   string
	lines          []line
	outputs, state map[string]string
	box            *sandbox.Sandbox
	took           time.Duration
}

func (p play) run(t *testing.T) played {
	t.Helper()
	if p.box == nil {
		p.box = sandbox.New(p.scenario)
	}
	network := sandbox.NewNetwork()
	dbtURL, tableauURL, stop := p.box.Serve(network)
	defer stop()
	if p.mount != nil {
		defer p.mount(network, p.box)()
	}
	dir := t.TempDir()
	env := p.environment(dir, dbtURL, tableauURL)

	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	if p.cancelAfter > 0 {
		timer := time.AfterFunc(p.cancelAfter, func() { cancel(errors.New("interrupt signal received")) })
		defer timer.Stop()
	}
	name := p.name
	if name == "" {
		name = "/dbt-tableau-refresh"
	}
	var log diary
	begin := time.Now()
	code := action.Main(ctx, append([]string{name}, p.args...), func(key string) string { return env[key] }, &log,
		action.WithDial(network.DialContext), action.WithoutJitter())
	return played{
		code: code, log: log.String(), lines: log.lines, box: p.box, took: time.Since(begin),
		summary: read(t, env["GITHUB_STEP_SUMMARY"]),
		outputs: readFileCommands(t, env["GITHUB_OUTPUT"]), state: readFileCommands(t, env["GITHUB_STATE"]),
	}
}

// line is a part of the log and when it was written.
type line struct {
	at   time.Time
	text string
}

// diary is a log that knows when what was written.
type diary struct {
	bytes.Buffer
	lines []line
}

func (d *diary) Write(text []byte) (int, error) {
	d.lines = append(d.lines, line{time.Now(), string(text)})
	return d.Buffer.Write(text)
}

func (p play) environment(dir, dbtURL, tableauURL string) map[string]string {
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/data",
		"GITHUB_WORKFLOW": "Nightly", "GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "refresh", "GITHUB_ACTION": "refresh",
	}
	inputs := p.box.Inputs(dbtURL, tableauURL)
	maps.Copy(inputs, p.inputs)
	for name, value := range inputs {
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		env[name] = filepath.Join(dir, name)
	}
	maps.Copy(env, p.env)
	return env
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// readFileCommands reads what the runner would: the last value of each name counts.
func readFileCommands(t *testing.T, file string) map[string]string {
	t.Helper()
	values := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(read(t, file), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, heredoc := strings.Cut(lines[i], "<<")
		if before, value, ok := strings.Cut(lines[i], "="); ok && (!heredoc || len(before) < len(name)) {
			values[before] = value
			continue
		}
		if !heredoc {
			if lines[i] != "" {
				t.Fatalf("%s: the runner would refuse line %q", file, lines[i])
			}
			continue
		}
		var value []string
		for i++; i < len(lines) && lines[i] != delimiter; i++ {
			value = append(value, lines[i])
		}
		values[name] = strings.Join(value, "\n")
	}
	return values
}

// operations counts the requests that the sandbox saw.
func (p played) operations() map[string]int {
	counts := map[string]int{}
	for _, request := range p.box.Requests() {
		counts[request.Operation]++
	}
	return counts
}
