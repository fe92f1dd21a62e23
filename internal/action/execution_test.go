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

// execution is a run of the whole action against a sandbox. It has to run in a synctest bubble.
type execution struct {
	scenario sandbox.Scenario
	// inputs replace those of the sandbox; "" removes one.
	inputs map[string]string
	// env is what the runner sets in addition to the inputs.
	env map[string]string
	// program is args[0], by which a step and its post step differ. Default: the step.
	program string
	// args are the other arguments; a step has none.
	args []string
	// cancelAfter is when the step is canceled, as by a signal. Default: never.
	cancelAfter time.Duration
	// services is the sandbox to use. Default: a new one with the scenario.
	services *sandbox.Sandbox
	// workspace changes the files that earlier steps have left in the folder. Default: no change.
	workspace func(t *testing.T, folder string)
	// mount replaces a service, and returns what restores it. Default: none.
	mount func(*sandbox.Network, *sandbox.Sandbox) (stop func())
}

// outcome is the result of an execution.
type outcome struct {
	exitCode       int
	log, summary   string
	logWrites      []logWrite
	outputs, state map[string]string
	services       *sandbox.Sandbox
	duration       time.Duration
}

func (e execution) run(t *testing.T) outcome {
	t.Helper()
	if e.services == nil {
		e.services = sandbox.New(e.scenario)
	}
	network := sandbox.NewNetwork()
	dbtURL, tableauURL, stop := e.services.Serve(network)
	defer stop()
	if e.mount != nil {
		defer e.mount(network, e.services)()
	}
	dir := t.TempDir()
	env := e.environment(dir, dbtURL, tableauURL)
	if err := os.MkdirAll(env["GITHUB_WORKSPACE"], 0o700); err != nil {
		t.Fatal(err)
	}
	if err := e.services.WriteTargets(env["GITHUB_WORKSPACE"]); err != nil {
		t.Fatal(err)
	}
	if e.workspace != nil {
		e.workspace(t, env["GITHUB_WORKSPACE"])
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	if e.cancelAfter > 0 {
		timer := time.AfterFunc(e.cancelAfter, func() { cancel(errors.New("interrupt signal received")) })
		defer timer.Stop()
	}
	name := e.program
	if name == "" {
		name = "/dbt-tableau-refresh"
	}
	var environ []string
	for key, value := range env {
		environ = append(environ, key+"="+value)
	}
	var log timedLog
	begin := time.Now()
	code := action.Main(ctx, append([]string{name}, e.args...), func(key string) string { return env[key] }, &log,
		action.WithDial(network.DialContext), action.WithoutJitter(), action.WithEnviron(environ))
	return outcome{
		exitCode: code, log: log.String(), logWrites: log.writes, services: e.services, duration: time.Since(begin),
		summary: readFile(t, env["GITHUB_STEP_SUMMARY"]),
		outputs: readFileCommands(t, env["GITHUB_OUTPUT"]), state: readFileCommands(t, env["GITHUB_STATE"]),
	}
}

// logWrite is a write to the log.
type logWrite struct {
	at   time.Time
	text string
}

// timedLog is a log that records the time of each write.
type timedLog struct {
	bytes.Buffer
	writes []logWrite
}

func (l *timedLog) Write(text []byte) (int, error) {
	l.writes = append(l.writes, logWrite{time.Now(), string(text)})
	return l.Buffer.Write(text)
}

func (e execution) environment(dir, dbtURL, tableauURL string) map[string]string {
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/data",
		"GITHUB_WORKFLOW": "Nightly", "GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "refresh", "GITHUB_ACTION": "refresh",
	}
	inputs := e.services.Inputs(dbtURL, tableauURL)
	maps.Copy(inputs, e.inputs)
	for name, value := range inputs {
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	for _, name := range []string{"GITHUB_WORKSPACE", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		env[name] = filepath.Join(dir, name)
	}
	maps.Copy(env, e.env)
	return env
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// readFileCommands reads a file as the runner does: the last value of each name counts.
func readFileCommands(t *testing.T, file string) map[string]string {
	t.Helper()
	values := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(readFile(t, file), "\n"), "\n")
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

// requestCounts counts the requests by operation.
func (o outcome) requestCounts() map[string]int {
	counts := map[string]int{}
	for _, request := range o.services.Requests() {
		counts[request.Operation]++
	}
	return counts
}
