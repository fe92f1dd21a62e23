package action_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestSize_of_many_targets asserts that the outputs and the summary stay within the limits of a runner and of a later
// step.
func TestSize_of_many_targets(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a thousand refreshes")
	}
	const many = 1_000
	scenario := successScenario(t)
	pattern := scenario.Tableau.Workbooks[0]
	scenario.Tableau.Workbooks, scenario.Tableau.DataSources, scenario.Tableau.MaxRefreshes = nil, nil, many
	for i := range many {
		book := pattern
		book.LUID = fmt.Sprintf("60b00c00-0000-4000-8000-%012d", i)
		book.Name = fmt.Sprintf("%s %d", strings.Repeat("a rather long name ", 5), i)
		book.Duration = time.Minute
		book.Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed, Notes: strings.Repeat("why it failed ", 100)}}
		scenario.Tableau.Workbooks = append(scenario.Tableau.Workbooks, book)
	}
	synctest.Test(t, func(t *testing.T) {
		step := execution{scenario: scenario, inputs: map[string]string{"tableau-poll-interval": "5m"}}.run(t)
		if got := step.outputs["result"]; got != "refresh-failed" {
			t.Errorf("result is %s\n%s", got, step.log[:min(len(step.log), 5000)])
		}
		if got := len(step.services.Jobs()); got != many {
			t.Errorf("%d refreshes were made, want %d", got, many)
		}
		if got := len(step.summary); got > 1<<20 {
			t.Errorf("the summary has %d bytes", got)
		}
		for _, name := range []string{"refreshes", "refresh-job-ids"} {
			var rows []any
			if err := json.Unmarshal([]byte(step.outputs[name]), &rows); err != nil || len(step.outputs[name]) > 100<<10 || len(rows) == 0 {
				t.Errorf("output %s: %d bytes, %d rows, %v", name, len(step.outputs[name]), len(rows), err)
			}
		}
		if !strings.Contains(step.outputs["message"], "1000 refreshes") {
			t.Errorf("message %q does not count all", step.outputs["message"])
		}
	})
}

// TestSize_of_a_log asserts that the log of a dbt step can be longer than the maximum of a response.
func TestSize_of_a_log(t *testing.T) {
	t.Parallel()
	scenario := successScenario(t)
	for i := range scenario.DBT.Jobs[0].Steps {
		scenario.DBT.Jobs[0].Steps[i].Log = slices.Repeat([]string{strings.Repeat("x", 100_000)}, 50)
	}
	synctest.Test(t, func(t *testing.T) {
		step := execution{scenario: scenario}.run(t)
		if got := step.outputs["result"]; got != "success" {
			t.Errorf("result is %s\n%s", got, step.log)
		}
	})
}
