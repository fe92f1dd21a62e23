package dbtrun

import (
	"testing"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

func TestCancel(t *testing.T) {
	t.Parallel()
	afterMinute := execution{stop: time.Minute}
	hung := fault("trigger-run", sandbox.Hang, true)
	runTests(t, []followerTest{
		{
			name: "queued", execution: execution{stop: 5 * time.Second}, wantErr: "stopped",
			want: end{Origin: "started", Status: "cancelled", Leftover: progress.LeftoverRunCanceling, Cancels: []int{1}},
		},
		{
			name: "running", execution: afterMinute, wantErr: "stopped",
			change: func(a *sandbox.Account) { a.CancelDuration = time.Second },
			want:   end{Origin: "started", Status: "cancelled", Leftover: progress.LeftoverRunCanceling, Cancels: []int{1}},
		},
		{
			name: "not_ended_in_time", execution: afterMinute, wantErr: "stopped",
			change: func(a *sandbox.Account) { a.CancelDuration = time.Hour },
			want:   end{Origin: "started", Status: "running", Leftover: progress.LeftoverRunCanceling, Cancels: []int{1}},
		},
		{
			name: "rejected", execution: afterMinute, wantErr: "stopped",
			faults: []sandbox.Fault{fault("cancel-run", sandbox.Forbidden, false)},
			want:   end{Origin: "started", Status: "running", Leftover: progress.LeftoverRunForPost, Cancels: []int{0}},
		},
		{
			name: "rejected_and_not_waited_for", execution: execution{stop: 5 * time.Second, config: noWait}, wantErr: "stopped",
			faults: []sandbox.Fault{hung, fault("cancel-run", sandbox.Forbidden, false)},
			want:   end{Origin: "started", Status: "queued", Leftover: progress.LeftoverRunContinues, Cancels: []int{0}},
		},
		{
			name: "no_response", execution: afterMinute, wantErr: "stopped",
			faults: []sandbox.Fault{fault("cancel-run", sandbox.Hang, false)},
			want:   end{Origin: "started", Status: "running", Leftover: progress.LeftoverRunForPost, Cancels: []int{0}},
		},
		{
			name: "unknown_start", execution: execution{stop: 5 * time.Second}, faults: []sandbox.Fault{hung}, wantErr: "stopped",
			want: end{Origin: "started", Status: "cancelled", Leftover: progress.LeftoverRunCanceling, Cancels: []int{1}},
		},
		{
			name: "unknown_start_not_found", execution: execution{stop: 5 * time.Second}, wantErr: "stopped",
			faults: []sandbox.Fault{hung, fault("list-runs", sandbox.Hang, false)},
			want:   end{Leftover: progress.LeftoverUnknownStartForPost, Cancels: []int{0}, Followed: -1},
		},
		{
			name: "unknown_start_that_is_not_to_be_canceled", wantErr: "stopped",
			execution: execution{stop: 5 * time.Second, config: func(c *config.Config, _ *Job) { c.CancelDBTRun = false }},
			faults:    []sandbox.Fault{hung, fault("list-runs", sandbox.Hang, false)},
			want:      end{Leftover: progress.LeftoverUnknownStart, Cancels: []int{0}, Followed: -1},
		},
		{
			name: "unknown_retry", scenario: "dbt-fails", change: failOnce, wantErr: "stopped",
			execution: execution{stop: 4 * time.Minute, config: retryOnce}, faults: []sandbox.Fault{fault("retry-run", sandbox.Hang, true)},
			want: end{Origin: "retried", Status: "running", Retried: 1, Leftover: progress.LeftoverRunCanceling, Cancels: []int{0, 1}, Followed: 1},
		},
		{
			name: "adopted_run", earlier: &execution{config: noWait}, wantErr: "stopped",
			execution: execution{stop: time.Minute, config: reuse},
			want:      end{Origin: "adopted", Status: "running", Leftover: progress.LeftoverRunContinues, Cancels: []int{0}},
		},
		{
			name: "attached_run", earlier: &execution{config: noWait}, attach: true, execution: afterMinute, wantErr: "stopped",
			want: end{Origin: "attached", Status: "running", Leftover: progress.LeftoverRunContinues, Cancels: []int{0}},
		},
		{
			name: "resumed_run", earlier: &execution{config: noWait}, wantErr: "stopped",
			execution: execution{stop: 5 * time.Second, config: resume("2", 0)},
			want:      end{Origin: "resumed", Status: "cancelled", Leftover: progress.LeftoverRunCanceling, Cancels: []int{1}},
		},
	})
}
