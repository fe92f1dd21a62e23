package selection_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// The content of the site.
const (
	finance   = "c0000000-0000-4000-8000-000000000001"
	sales     = "c0000000-0000-4000-8000-000000000002"
	revenue   = "a0000000-0000-4000-8000-000000000001" // uses Orders and Customers
	margin    = "a0000000-0000-4000-8000-000000000002" // uses Orders
	stores    = "a0000000-0000-4000-8000-000000000003" // has no extract, uses Orders and Regions
	sketch    = "a0000000-0000-4000-8000-000000000004" // has no extract, uses no published data source
	orders    = "d0000000-0000-4000-8000-000000000001"
	customers = "d0000000-0000-4000-8000-000000000002"
	regions   = "d0000000-0000-4000-8000-000000000003" // has no extract
	crm       = "f0000000-0000-4000-8000-000000000001"
	nightly   = "50000000-0000-4000-8000-000000000001"
	mails     = "50000000-0000-4000-8000-000000000002"
)

// taskID returns the LUID of a task.
func taskID(n int) string { return fmt.Sprintf("70000000-0000-4000-8000-%012d", n) }

// site returns a Tableau Server with a few items and tasks.
func site() sandbox.Site {
	return sandbox.Site{
		LUID: "10000000-0000-4000-8000-000000000001", APIVersion: "3.26", TokenName: "name", TokenValue: "value",
		Projects: []sandbox.Project{{LUID: finance, Name: "Finance"}, {LUID: sales, Name: "Sales"}},
		Workbooks: []sandbox.Item{
			{LUID: revenue, Name: "Revenue", Number: 1, Project: finance, Tags: []string{"nightly"}, Reads: []string{orders, customers}},
			{LUID: margin, Name: "Margin", Number: 2, Project: finance, Tags: []string{"nightly"}, Reads: []string{orders}},
			{LUID: stores, Name: "Stores", Number: 3, Project: sales, Tags: []string{"live"}, Live: true, Reads: []string{orders, regions}},
			{LUID: sketch, Name: "Sketch", Number: 4, Project: sales, Live: true},
		},
		DataSources: []sandbox.Item{
			{LUID: orders, Name: "Orders", Number: 11, Project: sales, Tags: []string{"nightly"}},
			{LUID: customers, Name: "Customers", Number: 12, Project: sales},
			{LUID: regions, Name: "Regions", Number: 13, Project: sales, Live: true},
		},
		Flows: []sandbox.Item{{LUID: crm, Name: "CRM", Number: 21, Project: sales}},
		Tasks: []sandbox.Task{
			{LUID: taskID(1), Target: revenue, Schedule: nightly},
			{LUID: taskID(2), Target: orders, Schedule: nightly, Incremental: true},
			{LUID: taskID(3), Target: margin, TargetOmitted: true},
		},
		Schedules: []sandbox.Schedule{
			{LUID: nightly, Name: "Nightly", Frequency: "Daily", Start: "02:00:00"},
			{LUID: mails, Name: "Mails", Type: "Subscription", Frequency: "Daily", Start: "07:00:00"},
		},
	}
}

// server is a site in memory with a signed-in client.
type server struct {
	box    *sandbox.Sandbox
	client *tableau.Client
}

// serve serves a site. Call it in a synctest bubble.
func serve(t *testing.T, site sandbox.Site) server {
	t.Helper()
	box, network := sandbox.New(sandbox.Scenario{Tableau: site}), sandbox.NewNetwork()
	_, address, stop := box.Serve(network)
	t.Cleanup(stop)
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client, err := tableau.New(tableau.Options{
		REST: rest.Options{Base: base, Dial: network.DialContext}, Site: site.ContentURL,
		Credentials: tableau.Credentials{TokenName: site.TokenName, TokenValue: site.TokenValue},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if _, err := client.ServerInfo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server{box, client}
}

// requests counts the requests for an operation.
func (s server) requests(operation string) int {
	n := 0
	for _, request := range s.box.Requests() {
		if request.Operation == operation {
			n++
		}
	}
	return n
}

// selectors parses entries of a list.
func selectors(t *testing.T, entries ...string) []selector.Selector {
	t.Helper()
	var all []selector.Selector
	for _, entry := range entries {
		s, err := selector.Parse(entry)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// lists are the inputs of a test case.
type lists struct {
	workbooks, datasources, flows, exclude, tasks, schedules []string
	includeDatasources, incremental                          bool
	discover                                                 config.Discover
}

func (l lists) config(t *testing.T) *config.Tableau {
	t.Helper()
	return &config.Tableau{
		URL:       &url.URL{Scheme: "http", Host: "127.0.0.1:8002"},
		Workbooks: selectors(t, l.workbooks...), Datasources: selectors(t, l.datasources...), Flows: selectors(t, l.flows...),
		Exclude: selectors(t, l.exclude...), Tasks: l.tasks, Schedules: l.schedules,
		IncludeDatasources: l.includeDatasources, Incremental: l.incremental, Discover: l.discover,
	}
}

// resolveCase is a site, the inputs, and the expected selection.
type resolveCase struct {
	name   string
	change func(*sandbox.Site)
	faults []sandbox.Fault
	lists  lists
	// want are the entries as returned by describe; notes and warnings are those of the selection.
	want, notes, warnings []string
	// problem is a part of the problems; "" if there are none.
	problem string
	// requests is the number of requests by operation.
	requests map[string]int
}

func testResolve(t *testing.T, cases []resolveCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := site()
				if tc.change != nil {
					tc.change(&s)
				}
				server := serve(t, s)
				for _, fault := range tc.faults {
					server.box.AddFault(fault)
				}
				got, err := selection.New(tc.lists.config(t), server.client, rest.Preflight).Resolve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				tc.check(t, server, got)
			})
		})
	}
}

func (tc resolveCase) check(t *testing.T, server server, got selection.Selection) {
	t.Helper()
	if diff := cmp.Diff(tc.want, describe(got.Entries)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	compareTexts(t, "notes", tc.notes, got.Notes)
	compareTexts(t, "warnings", tc.warnings, got.Warnings)
	if err := got.Err(); (err != nil) != (tc.problem != "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
		t.Errorf("problem %v, want %q", err, tc.problem)
	}
	for operation, want := range tc.requests {
		if n := server.requests(operation); n != want {
			t.Errorf("%d requests of %s, want %d", n, operation, want)
		}
	}
}

// compareTexts checks that each text contains the wanted one.
func compareTexts(t *testing.T, what string, want, got []string) {
	t.Helper()
	same := len(want) == len(got)
	for i := 0; same && i < len(want); i++ {
		same = strings.Contains(got[i], want[i])
	}
	if !same {
		t.Errorf("%s (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}

// describe returns one line for each entry: its row, whether it is listed, and how it is refreshed.
func describe(entries []selection.Entry) []string {
	var lines []string
	for _, e := range entries {
		line := fmt.Sprintf("%s %s", e.Row.Type, e.Row.Name)
		if e.Listed {
			line += ", listed"
		}
		if e.Target.Type != e.Row.Type && e.Target.ID != "" {
			line += fmt.Sprintf(", by %s %s", e.Target.Type, e.Target.ID[len(e.Target.ID)-1:])
		}
		if e.Target.UsesBridge {
			line += ", bridge"
		}
		if e.Target.Incremental {
			line += ", incremental"
		}
		if e.Row.WaitsFor != "" {
			line += ", after " + strings.ReplaceAll(e.Row.WaitsFor, `"`, "")
		}
		if e.Row.Status != progress.StatusNotStarted {
			line += fmt.Sprintf(", %s: %s", e.Row.Status, e.Row.Error)
		}
		if e.Problem != nil {
			line += ", problem"
		}
		lines = append(lines, line)
	}
	return lines
}
