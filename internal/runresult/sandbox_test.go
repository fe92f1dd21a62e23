package runresult

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// failFirst makes the first run of the job fail as in the scenario dbt-fails.
func failFirst(t *testing.T) func(*sandbox.Account) {
	t.Helper()
	failing, ok := sandbox.Find("dbt-fails")
	if !ok {
		t.Fatal("no scenario dbt-fails")
	}
	return func(a *sandbox.Account) {
		a.Jobs[0].Outcomes = append(slices.Clone(failing.DBT.Jobs[0].Outcomes), sandbox.Outcome{})
	}
}

// addStep adds a command without results to the job.
func addStep(command string) func(*sandbox.Account) {
	return func(a *sandbox.Account) {
		a.Jobs[0].Steps = append(a.Jobs[0].Steps, sandbox.Step{Command: command, Duration: time.Second})
	}
}

func artifactsAfter(delay time.Duration) func(*sandbox.Account) {
	return func(a *sandbox.Account) { a.ArtifactsDelay = delay }
}

// models returns the unique IDs of models of the sandbox.
func models(names ...string) []string {
	var ids []string
	for _, name := range names {
		ids = append(ids, "model.nordlys."+name)
	}
	return ids
}

// TestReader_Built_sandbox reads what a run of a real job built: seeds, a step without results, a build, and documentation.
func TestReader_Built_sandbox(t *testing.T) {
	t.Parallel()

	const minute = time.Minute
	seeds := []string{"seed.nordlys.store_regions", "seed.nordlys.vat_rates"}
	before := append(models("dim_customers", "fct_orders", "stg_customers", "stg_orders", "stg_payments"), seeds...) // before the failure
	all := append(models("dim_customers", "fct_orders", "fct_revenue_daily", "mart_weekly_revenue", "stg_customers", "stg_orders", "stg_payments"), seeds...)
	withoutSteps := func(r *Reader) { r.Run.Steps, r.Commands = nil, 4 }
	cases := []struct {
		name    string
		account func(*sandbox.Account)
		fault   sandbox.Fault
		retries int
		// reader changes what the reader knows of the run.
		reader      func(*Reader)
		want        []string
		wantErr     string
		least, most time.Duration // that reading takes
	}{
		{name: "steps_known", want: all, most: 5 * time.Second},
		{name: "steps_unknown", reader: withoutSteps, want: all, most: 5 * time.Second},
		{name: "steps_and_commands_unknown", reader: func(r *Reader) { r.Run.Steps = nil }, want: seeds},
		{name: "wrong_step", reader: func(r *Reader) { r.Run.Steps = []dbt.RunStep{commandStep(7, "dbt build", dbt.Success)} }, wantErr: "belongs to another command"},
		{name: "known_command_without_results", account: addStep("dbt run-operation grant_all"), want: all},
		{name: "unknown_command_without_results", account: addStep("dbt transmogrify"), want: all},
		{name: "failed", account: failFirst(t), want: before},
		{name: "retry", account: failFirst(t), retries: 1, want: all},
		{
			name: "retry_that_dbt_does_not_return", account: failFirst(t), retries: 1, want: all,
			reader: func(r *Reader) { r.Retried, r.Run.RetryingRunID = []int64{r.Run.RetryingRunID, r.Run.ID + 1}, 0 },
		},
		{
			name: "retry_unknown", account: failFirst(t), retries: 1, want: models("fct_revenue_daily", "mart_weekly_revenue"),
			reader: func(r *Reader) { r.Run.RetryingRunID = 0 },
		},
		{
			name: "retried_run_unreachable", account: failFirst(t), retries: 1, fault: sandbox.Fault{Operation: "get-run", Kind: sandbox.Forbidden},
			wantErr: "Its results are required, because dbt run ",
		},
		{name: "another_run", account: func(a *sandbox.Account) { a.ArtifactsRunID = 4711 }, wantErr: "belongs to run 4711, so it is not used"},
		{name: "late", account: artifactsAfter(15 * time.Second), want: all, least: 15 * time.Second, most: 30 * time.Second},
		{name: "late_and_steps_unknown", account: artifactsAfter(15 * time.Second), reader: withoutSteps, want: all},
		{
			name: "late_and_clock_behind", account: artifactsAfter(15 * time.Second), want: all,
			reader: func(r *Reader) { r.EndSeen, r.Run.FinishedAt.Time = time.Now(), r.Run.FinishedAt.Add(-time.Hour) },
		},
		{name: "too_late", account: artifactsAfter(time.Hour), wantErr: "The run did not create this artifact", least: 15 * time.Second, most: minute},
		{name: "outage", fault: sandbox.Fault{Operation: "get-artifact", Kind: sandbox.Unavailable, For: 20 * minute}, want: all, least: 20 * minute, most: 25 * minute},
		{
			name: "outage_in_a_dry_run", fault: sandbox.Fault{Operation: "get-artifact", Kind: sandbox.Unavailable, For: 20 * minute}, wantErr: "503 Service Unavailable",
			reader: func(r *Reader) { r.Retry = rest.Preflight }, most: 5 * minute,
		},
		{name: "unreadable", fault: sandbox.Fault{Operation: "get-artifact", Kind: sandbox.WebPage}, wantErr: "run_results.json", most: 5 * minute},
		{name: "throttled", fault: sandbox.Fault{Operation: "get-artifact", Kind: sandbox.Throttled}, wantErr: "reading dbt's artifacts took longer than 45m", least: 45 * minute, most: 46 * minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box, client := newSandbox(t, "success", tc.account)
				run := runJob(t, client, tc.retries)
				reader := &Reader{Client: client, Run: run, Retry: rest.Polling}
				if tc.reader != nil {
					tc.reader(reader)
				}
				if tc.fault.Service = "dbt"; tc.fault.Operation != "" {
					box.AddFault(tc.fault)
				}
				begin, sent := time.Now(), len(box.Requests())
				build, err := reader.Read(t.Context())
				if diff := cmp.Diff(tc.want, nodeIDs(build)); diff != "" {
					t.Errorf("nodes (-want +got):\n%s", diff)
				}
				if (err == nil) != (tc.wantErr == "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("error %v, want %q", err, tc.wantErr)
				}
				if took := time.Since(begin); took < tc.least || tc.most > 0 && took > tc.most {
					t.Errorf("reading took %s, want %s to %s", took, tc.least, tc.most)
				}
				for _, r := range box.Requests()[sent:] {
					if r.Method != "GET" {
						t.Errorf("%s %s was sent", r.Method, r.Path)
					}
				}
			})
		})
	}
}

// TestReader_Inspect_sandbox reads the results of a run that failed, and of one that succeeded, when dbt stores them late.
func TestReader_Inspect_sandbox(t *testing.T) {
	t.Parallel()

	failures := []progress.Failure{
		{Type: "test", Name: "unique_dim_customers_customer_id", Status: "fail", Message: "Got 318 results, configured to fail if != 0"},
		{Type: "model", Name: "fct_revenue_daily", Status: "error", Message: "000904 (42000): 01bf8d2c-0000-4000: SQL compilation error: error line 27 at position 8\ninvalid identifier 'PAYMENTS.AMOUNT_NET'"},
	}
	before := []progress.Built{{Type: "model", Nodes: 5}, {Type: "seed", Nodes: 2}, {Type: "test", Nodes: 1}}
	all := []progress.Built{{Type: "model", Nodes: 7}, {Type: "seed", Nodes: 2}, {Type: "test", Nodes: 3}}
	cases := []struct {
		name, scenario string
		late           time.Duration
		failures       []progress.Failure
		built          []progress.Built
		most           time.Duration // that reading takes
	}{
		{name: "failed", scenario: "dbt-fails", failures: failures, built: before, most: time.Second},
		{name: "failed_and_late", scenario: "dbt-fails", late: 12 * time.Second, failures: failures, built: before, most: 30 * time.Second},
		{name: "failed_and_too_late", scenario: "dbt-fails", late: time.Hour, most: time.Minute},
		{name: "succeeded", scenario: "success", built: all, most: time.Second},
		{name: "succeeded_and_late", scenario: "success", late: 12 * time.Second, built: all, most: 30 * time.Second},
		{name: "canceled", scenario: "dbt-cancelled", built: []progress.Built{{Type: "seed", Nodes: 2}}, most: time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, client := newSandbox(t, tc.scenario, artifactsAfter(tc.late))
				reader := &Reader{Client: client, Run: runJob(t, client, 0)}
				begin := time.Now()
				build, warnings := reader.Inspect(t.Context())
				if len(warnings) > 0 {
					t.Errorf("warnings %q", warnings)
				}
				failures, built := build.Failures(), build.Counts()
				if diff := cmp.Diff(tc.failures, failures); diff != "" {
					t.Errorf("failures (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.built, built); diff != "" {
					t.Errorf("built (-want +got):\n%s", diff)
				}
				if took := time.Since(begin); took > tc.most {
					t.Errorf("reading took %s, want at most %s", took, tc.most)
				}
			})
		})
	}
}
