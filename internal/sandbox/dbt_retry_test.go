package sandbox

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRetry_FromPointOfFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := findScenario(t, "dbt-fails")
		job := &scenario.DBT.Jobs[0]
		job.Outcomes = append(job.Outcomes, job.Outcomes[0], Outcome{})
		s := New(scenario)
		c := newDBTClient(t, s)
		ids := []int64{c.trigger(s).ID}
		for range 2 {
			time.Sleep(time.Hour)
			again := decodeDBT[runJSON](t, c.do(http.MethodPost, fmt.Sprintf("runs/%d/retry/", ids[len(ids)-1]), ""))
			ids = append(ids, again.ID)
		}
		time.Sleep(time.Hour)

		type try struct {
			Status   string
			Retrying *int64
			CanRetry bool
			Steps    []string
		}
		want := []try{
			{"Error", nil, false, []string{"Invoke dbt with `dbt seed`", "Invoke dbt with `dbt source freshness`", "Invoke dbt with `dbt build`"}},
			{"Error", &ids[0], false, []string{"Invoke dbt with `dbt retry`"}},
			{"Success", &ids[1], false, []string{"Invoke dbt with `dbt retry`", "Invoke dbt with `dbt docs generate`"}},
		}
		var got []try
		for _, id := range ids {
			run := c.run(id, `?include_related=["run_steps"]`)
			one := try{Status: run.StatusHumanized, Retrying: run.RetryingRunID, CanRetry: run.CanRetry}
			for _, step := range run.RunSteps[3:] {
				one.Steps = append(one.Steps, step.Name)
			}
			got = append(got, one)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
		// A retry does not repeat what the first run built.
		for _, r := range s.dbt.runs[len(s.dbt.runs)-2:] {
			if got, want := len(r.stepAt(3).Nodes), 4; got != want {
				t.Errorf("run %d ran %d nodes, want the %d remaining ones", r.id, got, want)
			}
			if got := s.dbt.runResults(r, 3)["args"].(map[string]any)["which"]; got != "build" {
				t.Errorf("the results of run %d are of dbt %v, want the command that is retried", r.id, got)
			}
		}
	})
}

func TestRetry_Refused(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		outcome Outcome
		// again is whether another run starts first.
		again  bool
		reason string
	}{
		{name: "succeeded", reason: "RETRY_NOT_FAILED_RUN"},
		{name: "cancelled", outcome: Outcome{CancelAfter: time.Minute}, reason: "RETRY_NOT_FAILED_RUN"},
		{name: "not_the_latest", outcome: Outcome{FailedCommand: "dbt build", Nodes: brokenNodes()}, again: true, reason: "RETRY_NOT_LATEST_RUN"},
		{name: "command", outcome: Outcome{FailedCommand: "dbt source freshness"}, reason: "RETRY_UNSUPPORTED_CMD"},
		{name: "no_results", outcome: Outcome{FailedCommand: "dbt build"}, reason: "RETRY_NO_RUN_RESULTS"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := successScenario()
				scenario.DBT.Jobs[0].Outcomes = []Outcome{tc.outcome}
				s := New(scenario)
				c := newDBTClient(t, s)
				id := c.trigger(s).ID
				time.Sleep(time.Hour)
				if tc.again {
					c.trigger(s)
				}
				before := len(s.Runs())
				run := c.run(id, "")
				if diff := cmp.Diff(&tc.reason, run.RetryNotSupportedReason); diff != "" || run.CanRetry {
					t.Errorf("reason (-want +got):\n%s", diff)
				}
				path := fmt.Sprintf("runs/%d/retry/", id)
				got := []int{c.get(path).Status, c.do(http.MethodPost, path, "").Status, len(s.Runs()) - before}
				if diff := cmp.Diff([]int{400, 400, 0}, got); diff != "" {
					t.Errorf("details, retry, new runs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestRetry_Details(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "dbt-fails"))
		c := newDBTClient(t, s)
		id := c.trigger(s).ID
		time.Sleep(time.Hour)
		type details struct {
			FailedStep   string   `json:"failed_step"`
			SkippedSteps []string `json:"skipped_steps"`
		}
		want := details{"Invoke dbt with `dbt build`", []string{"Invoke dbt with `dbt docs generate`"}}
		if diff := cmp.Diff(want, decodeDBT[details](t, c.get(fmt.Sprintf("runs/%d/retry/", id)))); diff != "" {
			t.Errorf("details (-want +got):\n%s", diff)
		}
		if !c.run(id, "").CanRetry {
			t.Error("a failed run can't be retried")
		}
	})
}
