package dbtrun

import (
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

// resume sets dbt-resume and dbt-retries, and the number of the attempt.
func resume(attempt string, retries int) func(*config.Config, *Job) {
	return func(c *config.Config, _ *Job) {
		c.DBT.Resume, c.DBT.Retries, c.Step.RunAttempt = true, retries, attempt
	}
}

func TestObtain_existing_run(t *testing.T) {
	t.Parallel()
	runTests(t, []followerTest{
		{
			name: "adopted", earlier: &execution{config: noWait}, execution: execution{config: reuse},
			want: end{Origin: "adopted", Status: "success", Cancels: []int{0}},
		},
		{
			name: "none_to_adopt", execution: execution{config: reuse},
			want: end{Origin: "started", Status: "success", Cancels: []int{0}},
		},
		{
			name: "none_with_the_same_overrides", earlier: &execution{config: noWait},
			execution: execution{config: func(c *config.Config, _ *Job) {
				c.DBT.ReuseRun, c.DBT.Overrides.Schema = true, "other"
			}},
			want: end{
				Origin: "started", Status: "success", Cancels: []int{0, 0}, Followed: 1,
				Notes: []string{"dbt run 70471801200162 is active but was not adopted, because it differs in dbt-schema-override"},
			},
		},
		{
			name: "resumed", earlier: &execution{config: noWait}, execution: execution{config: resume("2", 0)},
			want: end{Origin: "resumed", Status: "success", Cancels: []int{0}},
		},
		{
			name: "resumed_after_success", earlier: &execution{}, execution: execution{config: resume("2", 0)},
			want: end{Origin: "resumed", Status: "success", Cancels: []int{0}, Notices: 1},
		},
		{
			name: "resumed_just_before_the_maximum_age", earlier: &execution{}, pause: 6*time.Hour - time.Minute, execution: execution{config: resume("2", 0)},
			want: end{Origin: "resumed", Status: "success", Cancels: []int{0}, Notices: 1},
		},
		{
			name: "too_old_to_be_resumed", earlier: &execution{}, pause: 6*time.Hour + time.Minute, execution: execution{config: resume("2", 0)},
			want: end{
				Origin: "started", Status: "success", Cancels: []int{0, 0}, Followed: 1,
				Notes: []string{"the run of an earlier attempt was not resumed: dbt run 70471801200162 ended at 2000-01-01 00:03:52 UTC, longer ago than dbt-max-age"},
			},
		},
		{
			name: "not_waited_for_and_resumed", earlier: &execution{}, execution: execution{config: func(c *config.Config, job *Job) {
				resume("2", 0)(c, job)
				c.DBT.Wait = false
			}},
			want: end{Origin: "resumed", Status: "success", Cancels: []int{0}, Notices: 1},
		},
		{
			name: "list_refused_when_resuming", earlier: &execution{}, execution: execution{config: resume("2", 0)},
			faults: []sandbox.Fault{fault("list-runs", sandbox.Forbidden, false)},
			want:   end{Origin: "started", Status: "success", Cancels: []int{0, 0}, Followed: 1, Warnings: 1},
		},
		{
			name: "list_unavailable_when_resuming", earlier: &execution{}, execution: execution{config: resume("2", 0)},
			faults: []sandbox.Fault{fault("list-runs", sandbox.Unavailable, false)}, wantErr: "503",
			want: end{Outcome: progress.OutcomePreflightFailed, Cancels: []int{0}, Followed: -1},
		},
		{
			name: "resumed_retry", scenario: "dbt-fails", change: failOnce,
			earlier: &execution{config: resume("1", 1)}, execution: execution{config: resume("2", 1)},
			want: end{Origin: "resumed", Status: "success", Retried: 1, Cancels: []int{0, 0}, Followed: 1, Notices: 1},
		},
		{
			name: "failed_run_not_resumed", scenario: "dbt-fails", change: failOnce,
			earlier: &execution{}, execution: execution{config: resume("2", 0)},
			want: end{Origin: "started", Status: "success", Cancels: []int{0, 0}, Followed: 1},
		},
		{
			name: "attached", earlier: &execution{config: noWait}, attach: true,
			want: end{Origin: "attached", Status: "success", Cancels: []int{0}},
		},
		{
			name: "attached_after_failure", scenario: "dbt-fails", earlier: &execution{}, attach: true,
			want: end{Outcome: progress.OutcomeDBTFailed, Origin: "attached", Status: "error", Cancels: []int{0}}, wantErr: "ended as error",
		},
		{
			name: "search_failed", execution: execution{config: reuse}, faults: []sandbox.Fault{fault("list-runs", sandbox.Forbidden, false)},
			want: end{Outcome: progress.OutcomePreflightFailed, Followed: -1}, wantErr: "403",
		},
	})
}

// TestObtain_first_attempt: there is nothing to resume, so the first request starts the run.
func TestObtain_first_attempt(t *testing.T) {
	t.Parallel()
	for _, attempt := range []string{"", "1", "none"} {
		t.Run("attempt_"+attempt, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario, _ := sandbox.Find("success")
				box := sandbox.New(scenario)
				r := newServer(t, box.DBT(), scenario.DBT).newRecorder(resume(attempt, 0))
				if plan, err := r.Plan(t.Context()); plan != "" || err != nil || len(box.Requests()) > 0 {
					t.Errorf("Plan() = %q, %v after %d requests, want none", plan, err, len(box.Requests()))
				}
				if err := r.Obtain(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := box.Requests(); len(got) != 1 || got[0].Operation != "trigger-run" {
					t.Errorf("the requests are %+v, want the start of a run", got)
				}
			})
		})
	}
}

// failOnce makes every run but the first succeed.
func failOnce(account *sandbox.Account) {
	job := &account.Jobs[0]
	job.Outcomes = append(job.Outcomes, sandbox.Outcome{})
}
