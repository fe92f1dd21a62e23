package tableau_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// TestExtractTasks checks that the list is requested without pages and filters, and that all fields but the ID can be
// missing.
func TestExtractTasks(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, extract string
		want          tableau.Target
		incremental   bool
	}{
		{"workbook", `id="t" type="RefreshExtractTask"><workbook id="W"/>`, tableau.Target{Type: content.Task, ID: "t", ItemType: content.Workbook, ItemID: "W"}, false},
		{"data_source", `id="4711" type="IncrementExtractTask"><datasource id="D"/>`, tableau.Target{Type: content.Task, ID: "4711", ItemType: content.Datasource, ItemID: "D"}, true},
		{"incremental_on_cloud", `id="t" type="IncrementalExtract"><schedule frequency="Daily"/><workbook id="W"/>`, tableau.Target{Type: content.Task, ID: "t", ItemType: content.Workbook, ItemID: "W"}, true},
		{"incremental_in_the_list_of_a_schedule", `id="t" type="IncrementalRefresh"><workbook id="W"/>`, tableau.Target{Type: content.Task, ID: "t", ItemType: content.Workbook, ItemID: "W"}, true},
		{"incremental_as_an_attribute", `id="t" type="RefreshExtractTask" incremental="true"><workbook id="W"/>`, tableau.Target{Type: content.Task, ID: "t", ItemType: content.Workbook, ItemID: "W"}, true},
		{"full_as_an_attribute", `id="t" type="FullRefresh" incremental="false"><workbook id="W"/>`, tableau.Target{Type: content.Task, ID: "t", ItemType: content.Workbook, ItemID: "W"}, false},
		{"without_an_item", `id="t">`, tableau.Target{Type: content.Task, ID: "t", ItemType: content.Datasource}, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &fakeSite{handler: respondXML(`<tasks><task><extractRefresh %s</extractRefresh></task></tasks>`, tc.extract)}
				tasks, err := signedIn(t, site).ExtractTasks(t.Context(), rest.Preflight)
				if err != nil || len(tasks) != 1 {
					t.Fatalf("%d tasks, %v", len(tasks), err)
				}
				if diff := cmp.Diff(tc.want, tasks[0].Target()); diff != "" {
					t.Errorf("target (-want +got):\n%s", diff)
				}
				if got := tasks[0].IsIncremental(); got != tc.incremental {
					t.Errorf("incremental is %t, want %t", got, tc.incremental)
				}
				if tasks[0].Refreshes(content.Datasource, "") {
					t.Error("a task without an item refreshes an item without a LUID")
				}
				if _, requests := site.recorded(); len(requests) != 1 || strings.Contains(requests[0], "?") {
					t.Errorf("requests %v, want one list without a query", requests)
				}
			})
		})
	}
}

// TestStart_target covers the request of each type of target, by version.
func TestStart_target(t *testing.T) {
	t.Parallel()

	old, recent := tableau.Version{Major: 3, Minor: 24}, tableau.Version{Major: 3, Minor: 25}
	workbook := tableau.Target{Type: content.Workbook, ID: "W"}
	cases := []struct {
		name       string
		version    tableau.Version
		target     tableau.Target
		path, body string
	}{
		{"full_before_3_25", old, workbook, "/workbooks/W/refresh", "<tsRequest/>"},
		{"full", recent, workbook, "/workbooks/W/refresh", "<tsRequest><extractRefresh/></tsRequest>"},
		{"incremental", recent, tableau.Target{Type: content.Datasource, ID: "D", Incremental: true}, "/datasources/D/refresh", `<tsRequest><extractRefresh incremental="true"/></tsRequest>`},
		{"flow", recent, tableau.Target{Type: content.Flow, ID: "F"}, "/flows/F/run", "<tsRequest/>"},
		{"task", recent, tableau.Target{Type: content.Task, ID: "4711", ItemType: content.Workbook, ItemID: "W"}, "/tasks/extractRefreshes/4711/runNow", "<tsRequest/>"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var body string
				site := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					var all [200]byte
					n, _ := r.Body.Read(all[:])
					body = string(all[:n])
					respondXML(`<job id="J" mode="Asynchronous"/>`)(w, r)
				}}
				client := signedIn(t, site, func(o *tableau.Options) { o.Version = tc.version })
				job, err := client.Start(t.Context(), tc.target)
				if err != nil || job.ID != "J" {
					t.Fatalf("job %q, %v", job.ID, err)
				}
				_, requests := site.recorded()
				want := []string{"POST /api/" + tc.version.String() + "/sites/site-luid" + tc.path, tc.body}
				if diff := cmp.Diff(want, append(requests, body)); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
			})
		})
	}
}
