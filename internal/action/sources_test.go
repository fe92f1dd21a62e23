package action_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestIncludeDatasources: what a workbook reads is refreshed before it, and the workbook only if all of that succeeded.
func TestIncludeDatasources(t *testing.T) {
	t.Parallel()
	inOrder := []string{"workbook Weekly revenue: success", "workbook Store scorecard: skipped", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"}
	off := func(s *sandbox.Scenario) { s.Tableau.Metadata.Disabled = true }
	failing := func(s *sandbox.Scenario) {
		s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed, Notes: "the warehouse is closed"}}
	}
	twin := sandbox.Item{LUID: "0dde0000-0000-4000-8000-000000000001", Name: "Orders", Number: 31899}
	twins := func(s *sandbox.Scenario) {
		off(s)
		other := twin
		other.Project = s.Tableau.Projects[0].LUID
		s.Tableau.DataSources = append(s.Tableau.DataSources, other)
	}
	twoTasks := func(s *sandbox.Scenario) {
		s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue}, {LUID: task(2), Target: orders}, {LUID: task(3), Target: orders, Incremental: true}}
	}
	tell(t, []tale{
		{
			name: "sources_first", scenario: "data-sources-first", want: "success", rows: inOrder, check: ordered,
			says: []string{
				`"Weekly revenue" comes after what it reads: "Orders", "Kundenstammdaten – täglich"`, "left out, for want of an extract of their own: 1",
			},
			never:    []string{`"Store scorecard" comes after`},
			requests: map[string]int{"query-metadata": 1, "get-datasource": 2, "list-workbook-connections": 0, "refresh-workbook": 1, "refresh-datasource": 2},
		},
		{
			name: "selected_already", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-datasources": "Orders", "tableau-workbooks": weeklyRevenue}, check: ordered,
			rows: []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "by_tasks", scenario: "data-sources-first", want: "success", check: ordered,
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue}, {LUID: task(2), Target: orders}}
			},
			inputs: map[string]string{"tableau-workbooks": "", "tableau-tasks": task(1) + "\n" + task(2)},
			rows:   []string{"task Weekly revenue: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_tasks_of_one_source", scenario: "data-sources-first", want: "success", change: twoTasks, check: ordered,
			inputs: with(tasksOnly(task(1)+"\n"+task(2)+"\n"+task(3), ""), "tableau-max-parallel", "1"), requests: map[string]int{"run-task": 3},
			rows: []string{"task Weekly revenue: success", "task Orders: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_tasks_of_one_source_in_each_others_way", scenario: "data-sources-first", want: "success", change: twoTasks, check: ordered,
			inputs: with(tasksOnly(task(1)+"\n"+task(2)+"\n"+task(3), ""), "tableau-on-conflict", "fail"),
			rows:   []string{"task Weekly revenue: success", "task Orders: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_tasks_of_one_source_and_the_answer_to_one_is_lost", scenario: "data-sources-first", want: "success", change: twoTasks, check: ordered,
			faults: []sandbox.Fault{{Service: "tableau", Operation: "run-task", Kind: sandbox.Hang, Times: 1, Processed: true}},
			inputs: with(tasksOnly(task(1)+"\n"+task(2)+"\n"+task(3), ""), "tableau-on-conflict", "fail"),
			rows:   []string{"task Weekly revenue: success", "task Orders: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_tasks_of_one_source_of_which_one_failed", scenario: "data-sources-first", want: "refresh-failed",
			inputs: with(tasksOnly(task(1)+"\n"+task(2)+"\n"+task(3), ""), "tableau-max-parallel", "1"), // else the second adopts the first's job
			change: func(s *sandbox.Scenario) {
				twoTasks(s)
				s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{}, {Finish: sandbox.FinishFailed}}
			},
			rows: []string{"task Weekly revenue: not-started", "task Orders: success", "task Orders: failed", "datasource Kundenstammdaten – täglich: success"},
			says: []string{`not refreshed, because the data source "Orders" that it reads was not: failed`},
		},
		{
			name: "a_source_failed", scenario: "data-sources-first", want: "refresh-failed", change: failing,
			rows: []string{"workbook Weekly revenue: not-started", "workbook Store scorecard: skipped", "datasource Orders: failed", "datasource Kundenstammdaten – täglich: success"},
			says: []string{`not refreshed, because the data source "Orders" that it reads was not: failed`}, requests: map[string]int{"refresh-workbook": 0},
		},
		{
			// The data source has no incremental task, so that it failed before anything was sent.
			name: "a_source_that_can_not_be_refreshed", scenario: "data-sources-first", want: "refresh-failed",
			change: func(s *sandbox.Scenario) {
				s.Tableau.APIVersion = "3.24"
				s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue, Incremental: true}, {LUID: task(2), Target: customers, Incremental: true}}
			},
			inputs: with(only(weeklyRevenue), "tableau-incremental", "true", "tableau-preflight", "warn"),
			rows:   []string{"workbook Weekly revenue: not-started", "datasource Orders: failed", "datasource Kundenstammdaten – täglich: success"},
			says:   []string{`not refreshed, because the data source "Orders" that it reads was not: failed`}, requests: map[string]int{"run-task": 1},
		},
		{
			name: "a_source_failed_once", scenario: "data-sources-first", want: "success", rows: inOrder, check: ordered, inputs: map[string]string{"tableau-retries": "1"},
			change: func(s *sandbox.Scenario) {
				failing(s)
				s.Tableau.DataSources[0].Refreshes = append(s.Tableau.DataSources[0].Refreshes, sandbox.Refresh{})
			},
		},
		{
			name: "the_metadata_api_is_off", scenario: "data-sources-first", want: "success", rows: inOrder, change: off, check: ordered,
			says:     []string{"the data sources that workbooks read are found by their names, for which they must be unique: ", "the Metadata API has not been enabled yet"},
			requests: map[string]int{"query-metadata": 1, "list-workbook-connections": 2, "list-datasources": 1},
		},
		{
			// The first ten hang for half a minute each, and all at once.
			name: "the_metadata_api_is_off_for_many", scenario: "data-sources-first", want: "preflight-failed",
			change: func(s *sandbox.Scenario) {
				twins(s)
				manyBooks(25)(s)
			},
			faults:   []sandbox.Fault{{Service: "tableau", Operation: "list-workbook-connections", Kind: sandbox.Hang, Times: 10}},
			inputs:   map[string]string{"tableau-workbooks": bookIDs(25)},
			requests: map[string]int{"query-metadata": 1, "list-workbook-connections": 35, "list-datasources": 1},
			check:    askedAtOnce,
		},
		{
			name: "the_connections_are_down", scenario: "data-sources-first", want: "preflight-failed", inputs: map[string]string{"tableau-workbooks": bookIDs(25)},
			change: func(s *sandbox.Scenario) { off(s); manyBooks(25)(s) },
			faults: []sandbox.Fault{{Service: "tableau", Operation: "list-workbook-connections", Kind: sandbox.BadGateway}},
			says:   []string{"tableau-include-datasources: failed to list the connections of workbook " + bookID(0)},
			check: func(t *testing.T, done played) {
				if done.took > 3*time.Minute {
					t.Errorf("it was tried for %s", done.took)
				}
			},
		},
		{
			name: "the_metadata_api_is_denied", scenario: "data-sources-first", want: "success", rows: inOrder, check: ordered,
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.Denied = true },
		},
		{
			name: "the_metadata_api_is_down", scenario: "data-sources-first", want: "success", rows: inOrder, check: ordered,
			faults: []sandbox.Fault{{Service: "tableau", Operation: "query-metadata", Kind: sandbox.BadGateway}},
		},
		{
			name: "a_name_that_is_not_unique", scenario: "data-sources-first", want: "preflight-failed",
			change: twins,
			says: []string{
				`tableau-include-datasources: Weekly revenue: it reads a published data source of which only the name is known: "Orders" means 2 data sources`,
				"Certified data/Orders (" + orders + ")", "the Metadata API has not been enabled yet",
			},
		},
		{
			name: "a_name_in_other_letters", scenario: "data-sources-first", want: "preflight-failed", inputs: map[string]string{"tableau-workbooks": weeklyRevenue},
			change: func(s *sandbox.Scenario) {
				off(s)
				s.Tableau.DataSources[0].Hidden = true
				other := twin
				other.Name, other.Project = "ORDERS", s.Tableau.Projects[0].LUID
				s.Tableau.DataSources = append(s.Tableau.DataSources, other)
			},
			says: []string{`it reads a published data source "Orders", which the signed-in user may not see`},
		},
		{
			name: "a_name_of_which_the_others_are_excluded", scenario: "data-sources-first", want: "success",
			change: twins,
			inputs: map[string]string{"tableau-workbooks": weeklyRevenue, "tableau-exclude": twin.LUID},
			rows:   []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "a_name_of_which_all_are_excluded", scenario: "data-sources-first", want: "success",
			change: twins,
			inputs: map[string]string{"tableau-workbooks": weeklyRevenue, "tableau-exclude": twin.LUID + "\n" + orders},
			rows:   []string{"workbook Weekly revenue: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "the_metadata_api_is_still_learning", scenario: "data-sources-first", want: "success", check: ordered, inputs: map[string]string{"tableau-workbooks": weeklyRevenue},
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.Backfilling = true },
			rows:   []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
			says:   []string{"what workbooks read may be told in part only: the Metadata API says: "},
		},
		{
			name: "a_source_that_may_not_be_seen", scenario: "data-sources-first", want: "preflight-failed", inputs: map[string]string{"tableau-workbooks": weeklyRevenue},
			change: func(s *sandbox.Scenario) { s.Tableau.DataSources[1].Hidden = true },
			says:   []string{"tableau-include-datasources: Weekly revenue: it reads a published data source that the signed-in user may not see"},
		},
		{
			name: "an_excluded_source", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-exclude": "Orders", "tableau-workbooks": weeklyRevenue},
			rows: []string{"workbook Weekly revenue: success", "datasource Kundenstammdaten – täglich: success"}, requests: map[string]int{"refresh-datasource": 1},
		},
		{
			name: "live_and_all_sources_excluded", scenario: "data-sources-first", want: "preflight-failed", inputs: with(only(storeScorecard), "tableau-exclude", "Orders"),
			says:  []string{`tableau-workbooks: "Store scorecard" (` + storeScorecard + `) has no extract of its own to refresh, and tableau-exclude leaves out every published data source that it reads: Orders (` + orders + `)`},
			never: []string{"or set tableau-include-datasources"}, requests: map[string]int{"query-metadata": 1},
		},
		{
			name: "live_and_reads_nothing", scenario: "data-sources-first", want: "preflight-failed", inputs: only(storeScorecard),
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Reads = nil },
			says:   []string{"has no extract of its own to refresh, and reads no published data source with one: it is live, so take it out"},
			never:  []string{"tableau-include-datasources"}, requests: map[string]int{"query-metadata": 1},
		},
		{
			name: "an_excluded_workbook", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-exclude": "Store scorecard\n" + weeklyRevenue},
			rows: []string{}, says: []string{"tableau-exclude leaves nothing to refresh"},
		},
		{
			name: "a_source_that_is_live", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-workbooks": weeklyRevenue},
			change: func(s *sandbox.Scenario) { s.Tableau.DataSources[1].Live = true },
			rows:   []string{"workbook Weekly revenue: success", "datasource Orders: success"},
		},
		{
			name: "not_waited_for", scenario: "data-sources-first", want: "started", inputs: map[string]string{"tableau-wait": "false"}, check: ordered,
			rows: []string{"workbook Weekly revenue: started", "workbook Store scorecard: skipped", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "not_waited_for_and_failed", scenario: "data-sources-first", want: "refresh-failed", inputs: map[string]string{"tableau-wait": "false"}, change: failing,
			rows: []string{"workbook Weekly revenue: not-started", "workbook Store scorecard: skipped", "datasource Orders: failed", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "one_place", scenario: "data-sources-first", want: "success", rows: inOrder, inputs: map[string]string{"tableau-max-parallel": "1"}, check: ordered,
		},
		{
			name: "skipped_for_a_conflict", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-on-conflict": "skip", "tableau-workbooks": weeklyRevenue},
			change: func(s *sandbox.Scenario) {
				s.Tableau.DataSources[0].OtherRefreshes = []sandbox.OtherRefresh{*running()}
			},
			rows: []string{"workbook Weekly revenue: success", "datasource Orders: skipped", "datasource Kundenstammdaten – täglich: success"},
			says: []string{`"Weekly revenue": the data source "Orders" that it reads was left to another refresh`}, check: notFresh,
		},
		{
			name: "skipped_for_it_is_live", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-on-conflict": "skip"}, rows: inOrder, check: fresh,
		},
		{
			name: "cancelled", scenario: "data-sources-first", want: "refresh-failed", inputs: map[string]string{"tableau-workbooks": weeklyRevenue},
			change: func(s *sandbox.Scenario) {
				s.Tableau.DataSources[1].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishCancelled}}
			},
			rows: []string{"workbook Weekly revenue: not-started", "datasource Orders: success", "datasource Kundenstammdaten – täglich: cancelled"},
		},
	})
}

func bookID(n int) string { return fmt.Sprintf("b00c0000-0000-4000-8000-%012d", n) }

func bookIDs(n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, bookID(i))
	}
	return strings.Join(ids, "\n")
}

// manyBooks adds workbooks that read the first data source.
func manyBooks(n int) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) {
		for i := range n {
			s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{
				LUID: bookID(i), Name: fmt.Sprint("Book ", i), Project: s.Tableau.Projects[0].LUID, Reads: []string{orders},
			})
		}
	}
}

// askedAtOnce: the connections of many workbooks were asked for some at a time, their problems told in the order of the input.
func askedAtOnce(t *testing.T, done played) {
	t.Helper()
	var first, last time.Time
	for _, request := range done.box.Requests() {
		if request.Operation == "list-workbook-connections" {
			if first.IsZero() {
				first = request.Time
			}
			last = request.Time
		}
	}
	if took := last.Sub(first); took > time.Minute {
		t.Errorf("asking took %s", took)
	}
	at := 0
	for i := range 20 { // as many as the summary holds
		found := strings.Index(done.summary[at:], fmt.Sprintf("Book %d:", i))
		if found < 0 {
			t.Fatalf("the problem of workbook %d is not told in its place:\n%s", i, done.summary)
		}
		at += found
	}
}

// fresh: the step says how soon after dbt all data was fresh. notFresh: it says so nowhere.
func fresh(t *testing.T, done played) {
	t.Helper()
	if !strings.Contains(done.summary, "data was fresh") || !strings.Contains(done.outputs["message"], "data was fresh") {
		t.Error("the data is fresh, and nobody says so")
	}
}

func notFresh(t *testing.T, done played) {
	t.Helper()
	if strings.Contains(done.summary+done.outputs["message"]+done.log, "fresh in Tableau") {
		t.Error("what another refresh was left to is called fresh")
	}
}

// ordered: the workbook was asked for after the last data source had ended.
func ordered(t *testing.T, done played) {
	t.Helper()
	jobs := done.box.Jobs()
	books, sources := 0, 0
	for _, book := range jobs {
		if book.Type != "workbook" {
			continue
		}
		books++
		for _, source := range jobs {
			if source.Type == "datasource" {
				sources++
				if source.Ended.IsZero() || book.Created.Before(source.Ended) {
					t.Errorf("the workbook was refreshed before %s", source.Target)
				}
			}
		}
	}
	if books != 1 || sources < 2 {
		t.Errorf("%d workbooks and %d data sources were refreshed", books, sources)
	}
}
