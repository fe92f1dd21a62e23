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
	// ownCommand is a command that the action writes itself.
	ownCommand = regexp.MustCompile(`^::(add-mask|debug|group|endgroup|error|warning|stop-commands|[0-9a-f]{32})(::| title=)`)
	fenced     = regexp.MustCompile("(?s)\n(`{3,})text\n.*?\n`{3,}\n")
	// invisible is what could hide or turn round what a reader sees, and what a terminal would obey.
	invisible = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
)

// TestHostile_text plays services whose every name, note and log tries to be more than text.
func TestHostile_text(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"hostile", "hostile-run"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario, ok := sandbox.Find(name)
			if !ok {
				t.Fatalf("no scenario %s", name)
			}
			synctest.Test(t, func(t *testing.T) { checkHarmless(t, play{scenario: scenario, env: debugging()}.run(t)) })
		})
	}
}

func checkHarmless(t *testing.T, done played) {
	t.Helper()
	checkSecrets(t, done)
	for _, line := range strings.FieldsFunc(done.log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if strings.Contains(line, "##[") {
			t.Errorf("the log holds a command in the old spelling: %q", line)
		}
		if command := strings.TrimLeft(line, " \t"); strings.HasPrefix(command, "::") && !ownCommand.MatchString(command) {
			t.Errorf("the log holds a command that is not ours: %q", line)
		}
	}
	for what, text := range map[string]string{"log": done.log, "summary": done.summary, "message": done.outputs["message"]} {
		if found := invisible.FindString(text); found != "" {
			t.Errorf("the %s holds %q", what, found)
		}
	}
	want := []string{
		"git-sha", "message", "refresh-job-ids", "refreshes", "result", "run-id", "run-status", "run-url",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(done.outputs))); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"dbt-run"}, slices.Sorted(maps.Keys(done.state))); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	var rows []any
	if err := json.Unmarshal([]byte(done.outputs["refreshes"]), &rows); err != nil {
		t.Errorf("refreshes is not JSON: %v", err)
	}
	rendered := fenced.ReplaceAllString(strings.ToLower(done.summary), "") // in there, nothing is more than text
	for _, tag := range []string{"<script", "<img", "<style", "<iframe", "](javascript"} {
		if strings.Contains(rendered, tag) {
			t.Errorf("the summary holds %s", tag)
		}
	}
	if t.Failed() {
		t.Log(done.log, done.summary)
	}
}
