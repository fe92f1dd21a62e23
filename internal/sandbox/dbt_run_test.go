package sandbox

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runState is the state of a run at a time.
type runState struct {
	After  time.Duration
	Status string
	Steps  int
	SHA    bool
	Queued string
	Ran    string
}

func TestRun_LifeCycle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newDBTClient(t, s)
		start := time.Now()
		id := c.trigger(s).ID

		want := []runState{
			{0, "Queued", 0, false, "00:00:00", "00:00:00"},
			{9 * time.Second, "Queued", 0, false, "00:00:09", "00:00:00"},
			{10 * time.Second, "Starting", 0, false, "00:00:10", "00:00:00"},
			{12 * time.Second, "Running", 1, false, "00:00:12", "00:00:00"},
			{18 * time.Second, "Running", 2, true, "00:00:12", "00:00:06"},
			{65 * time.Second, "Running", 6, true, "00:00:12", "00:00:53"},
			{231 * time.Second, "Running", 7, true, "00:00:12", "00:03:39"},
			{232 * time.Second, "Success", 7, true, "00:00:12", "00:03:40"},
			{9 * time.Hour, "Success", 7, true, "00:00:12", "00:03:40"},
		}
		var got []runState
		for _, m := range want {
			time.Sleep(time.Until(start.Add(m.After)))
			run := c.run(id, `?include_related=["run_steps"]`)
			got = append(got, runState{m.After, run.StatusHumanized, len(run.RunSteps), run.GitSHA != nil, run.QueuedDuration, run.RunDuration})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run (-want +got):\n%s", diff)
		}
	})
}

func TestRun_Related(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, query                    string
		trigger, job, steps, debugLogs bool
	}{
		{name: "nothing"},
		{name: "trigger", query: `?include_related=["trigger"]`, trigger: true},
		{name: "array", query: `?include_related=["job","run_steps"]`, job: true, steps: true},
		{name: "repeated", query: `?include_related=trigger&include_related=run_steps`, trigger: true, steps: true},
		{name: "commas_are_no_list", query: `?include_related=trigger,job`},
		{name: "debug_logs", query: `?include_related=["run_steps","debug_logs"]`, steps: true, debugLogs: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := New(successScenario())
				c := newDBTClient(t, s)
				id := c.trigger(s).ID
				time.Sleep(time.Hour)
				run := c.run(id, tc.query)
				last := len(run.RunSteps) - 1
				got := []bool{run.Trigger != nil, run.Job != nil, last >= 0, last >= 0 && run.RunSteps[last].DebugLogs != nil}
				if diff := cmp.Diff([]bool{tc.trigger, tc.job, tc.steps, tc.debugLogs}, got); diff != "" {
					t.Errorf("trigger, job, steps, debug logs (-want +got):\n%s", diff)
				}
				if run.RunSteps == nil {
					t.Error("run_steps is null, not an empty list")
				}
			})
		})
	}
}

// TestRun_WaitsForEarlierRuns asserts that runs of a job run one after the other.
func TestRun_WaitsForEarlierRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "slow-queue"))
		c := newDBTClient(t, s)
		first := c.trigger(s)
		second := c.trigger(s)
		if got, want := len(first.BlockedBy), 2; got != want {
			t.Errorf("the first waits for %d runs, want %d", got, want)
		}
		if got, want := len(second.BlockedBy), 3; got != want {
			t.Errorf("the second waits for %d runs, want %d", got, want)
		}
		concurrent := decodeDBT[runJSON](t, c.do(http.MethodPost, jobPath(s)+"run/", `{"cause":"ci","github_pull_request_id":7}`))
		if diff := cmp.Diff([]int64{}, concurrent.BlockedBy); diff != "" {
			t.Errorf("a run of a pull request waits (-want +got):\n%s", diff)
		}
		time.Sleep(time.Hour)
		runs := s.Runs()
		if got, want := runs[1].Started.Sub(runs[0].Finished), 12*time.Second; got != want {
			t.Errorf("the second began %s after the first had ended, want %s", got, want)
		}
		if got, want := runs[2].Finished.Sub(runs[2].Created), 232*time.Second; got != want {
			t.Errorf("the run of a pull request took %s, want %s", got, want)
		}
	})
}

func TestRun_Cancel(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		after time.Duration
		// now is the status in the response, then the final status.
		now, then string
		ends      time.Duration
		message   *string
	}{
		{name: "queued", after: 5 * time.Second, now: "Cancelled", then: "Cancelled", ends: 5 * time.Second, message: new("Cancelled by user.")},
		{name: "starting", after: 11 * time.Second, now: "Cancelled", then: "Cancelled", ends: 11 * time.Second, message: new("Cancelled by user.")},
		{name: "running", after: time.Minute, now: "Running", then: "Cancelled", ends: 63 * time.Second, message: new("Cancelled by user.")},
		{name: "too_late", after: 231 * time.Second, now: "Running", then: "Success", ends: 232 * time.Second},
		{name: "ended", after: time.Hour, now: "Success", then: "Success", ends: 232 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := New(successScenario())
				c := newDBTClient(t, s)
				id := c.trigger(s).ID
				time.Sleep(tc.after)
				now := decodeDBT[runJSON](t, c.do(http.MethodPost, fmt.Sprintf("runs/%d/cancel/", id), ""))
				time.Sleep(10 * time.Minute)
				then := c.run(id, "")
				if diff := cmp.Diff([]string{tc.now, tc.then}, []string{now.StatusHumanized, then.StatusHumanized}); diff != "" {
					t.Errorf("status now and then (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.message, then.StatusMessage); diff != "" {
					t.Errorf("message (-want +got):\n%s", diff)
				}
				record := s.Runs()[0]
				if got := record.Finished.Sub(record.Created); got != tc.ends || record.Cancels != 1 {
					t.Errorf("ended after %s with %d cancels, want %s with 1", got, record.Cancels, tc.ends)
				}
			})
		})
	}
}

// TestRun_CanceledInQueue asserts that the runs behind a canceled run still wait for the one ahead of it.
func TestRun_CanceledInQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newDBTClient(t, s)
		c.trigger(s)
		waiting := c.trigger(s).ID
		c.trigger(s)
		time.Sleep(time.Minute)
		c.do(http.MethodPost, fmt.Sprintf("runs/%d/cancel/", waiting), "")
		time.Sleep(time.Hour)
		runs := s.Runs()
		if got, want := runs[2].Started.Sub(runs[0].Finished), 12*time.Second; got != want || !runs[1].Started.IsZero() {
			t.Errorf("the third began %s after the end of the first, want %s", got, want)
		}
	})
}

// TestRun_CanceledInDBT asserts that a cancellation in dbt ends the step that is running.
func TestRun_CanceledInDBT(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "dbt-cancelled"))
		c := newDBTClient(t, s)
		id := c.trigger(s).ID
		time.Sleep(time.Hour)
		run := c.run(id, `?include_related=["run_steps"]`)
		var got []string
		for _, step := range run.RunSteps {
			got = append(got, step.StatusHumanized)
		}
		if diff := cmp.Diff([]string{"Success", "Success", "Success", "Success", "Success", "Cancelled"}, got); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		if record := s.Runs()[0]; record.Cancels != 0 || record.Finished.Sub(record.Created) != 95*time.Second || !run.IsCancelled || run.IsSuccess {
			t.Errorf("got %+v, want one that was canceled after 95 s, not by a client", record)
		}
	})
}

func TestRun_VisibilityDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario()
		scenario.DBT.VisibilityDelay = 5 * time.Second
		s := New(scenario)
		c := newDBTClient(t, s)
		path := fmt.Sprintf("runs/%d/", c.trigger(s).ID)
		before := c.get(path).Status
		time.Sleep(5 * time.Second)
		if diff := cmp.Diff([]int{404, 200}, []int{before, c.get(path).Status}); diff != "" {
			t.Errorf("status before and after (-want +got):\n%s", diff)
		}
	})
}
