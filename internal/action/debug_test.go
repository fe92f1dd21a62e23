package action_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// debugging is what the runner sets where a workflow runs with debug logging.
func debugging() map[string]string { return map[string]string{"RUNNER_DEBUG": "1"} }

// TestDebug has a line for each request, and no other difference.
func TestDebug(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"success", "dbt-fails", "refresh-fails", "connected-app", "cloud", "tasks"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			scenario, ok := sandbox.Find(name)
			if !ok {
				t.Fatalf("no scenario %s", name)
			}
			var silent, loud played
			synctest.Test(t, func(t *testing.T) { silent = play{scenario: scenario}.run(t) })
			synctest.Test(t, func(t *testing.T) { loud = play{scenario: scenario, env: debugging()}.run(t) })
			checkSecrets(t, loud)
			if got, want := strings.Count(loud.log, "::debug::"), len(loud.box.Requests()); got != want {
				t.Errorf("%d lines for %d requests", got, want)
			}
			if strings.Contains(silent.log, "::debug::") {
				t.Error("debug lines without debug logging")
			}
			if diff := cmp.Diff(comparable(silent.log), comparable(debugLines.ReplaceAllString(loud.log, ""))); diff != "" {
				t.Errorf("the log beside debug lines (-want +got):\n%s", diff)
			}
		})
	}
}

// minted is a secret of its own in each run.
var minted = regexp.MustCompile(`(?m)^::add-mask::.*$`)

func comparable(log string) string { return minted.ReplaceAllString(steady(log), "::add-mask::") }
