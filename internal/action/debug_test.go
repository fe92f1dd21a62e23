package action_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// debugEnv is what the runner sets for a workflow with debug logging.
func debugEnv() map[string]string { return map[string]string{"RUNNER_DEBUG": "1"} }

// TestDebug asserts that debug logging adds a line for each request, and changes nothing else.
func TestDebug(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"success", "dbt-fails", "refresh-fails", "connected-app", "cloud", "tasks"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			scenario, ok := sandbox.Find(name)
			if !ok {
				t.Fatalf("no scenario %s", name)
			}
			var withoutDebug, withDebug outcome
			synctest.Test(t, func(t *testing.T) { withoutDebug = execution{scenario: scenario}.run(t) })
			synctest.Test(t, func(t *testing.T) { withDebug = execution{scenario: scenario, env: debugEnv()}.run(t) })
			checkSecrets(t, withDebug)
			if got, want := strings.Count(withDebug.log, "::debug::"), len(withDebug.services.Requests()); got != want {
				t.Errorf("%d lines for %d requests", got, want)
			}
			if strings.Contains(withoutDebug.log, "::debug::") {
				t.Error("debug lines without debug logging")
			}
			// Sorted, because the list of tasks is read while dbt starts: either can come first in the log.
			want := slices.Sorted(strings.Lines(normalizeSecrets(withoutDebug.log)))
			got := slices.Sorted(strings.Lines(normalizeSecrets(debugLines.ReplaceAllString(withDebug.log, ""))))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the log without debug lines (-want +got):\n%s", diff)
			}
		})
	}
}

// addedMask matches secrets that are new in each run.
var addedMask = regexp.MustCompile(`(?m)^::add-mask::.*$`)

func normalizeSecrets(log string) string {
	return addedMask.ReplaceAllString(normalize(log), "::add-mask::")
}
