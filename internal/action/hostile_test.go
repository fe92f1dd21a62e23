package action_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

var (
	// ownCommand matches the workflow commands that the action writes itself.
	ownCommand = regexp.MustCompile(`^::(add-mask|debug|group|endgroup|error|warning|stop-commands|[0-9a-f]{32})(::| title=)`)
	fenced     = regexp.MustCompile("(?s)\n(`{3,})text\n.*?\n`{3,}\n")
	// invisible matches what could hide or reverse text, or control a terminal.
	invisible = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
)

// TestHostile_text runs against services whose names, notes, and logs contain workflow commands, markup, and control
// characters.
func TestHostile_text(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"hostile", "hostile-run"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario, ok := sandbox.Find(name)
			if !ok {
				t.Fatalf("no scenario %s", name)
			}
			synctest.Test(t, func(t *testing.T) { checkHostileText(t, execution{scenario: scenario, env: debugEnv()}.run(t)) })
		})
	}
}

func checkHostileText(t *testing.T, step outcome) {
	t.Helper()
	checkHostileLog(t, step)
	want := []string{
		"git-sha", "message", "refresh-job-ids", "refreshes", "result", "run-id", "run-status", "run-url",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(step.outputs))); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"dbt-run"}, slices.Sorted(maps.Keys(step.state))); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

// checkHostileLog asserts that no text from outside is interpreted, in the log or in the summary.
func checkHostileLog(t *testing.T, step outcome) {
	t.Helper()
	checkSecrets(t, step)
	for _, line := range strings.FieldsFunc(step.log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if strings.Contains(line, "##[") {
			t.Errorf("the log contains a command in the old syntax: %q", line)
		}
		if command := strings.TrimLeft(line, " \t"); strings.HasPrefix(command, "::") && !ownCommand.MatchString(command) {
			t.Errorf("the log contains a command that the action does not use: %q", line)
		}
	}
	for what, text := range map[string]string{"log": step.log, "summary": step.summary, "message": step.outputs["message"]} {
		if found := invisible.FindString(text); found != "" {
			t.Errorf("the %s contains %q", what, found)
		}
	}
	var rows []any
	if err := json.Unmarshal([]byte(step.outputs["refreshes"]), &rows); err != nil {
		t.Errorf("refreshes is not JSON: %v", err)
	}
	rendered := fenced.ReplaceAllString(strings.ToLower(step.summary), "") // fenced text is not interpreted
	for _, tag := range []string{"<script", "<img", "<style", "<iframe", "](javascript"} {
		if strings.Contains(rendered, tag) {
			t.Errorf("the summary contains %s", tag)
		}
	}
	if t.Failed() {
		t.Log(step.log, step.summary)
	}
}
