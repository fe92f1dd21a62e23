package sandbox

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readFixture returns a recorded response of the real service.
func readFixture(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("FIXTURES")
	if folder == "" {
		t.Skip("FIXTURES is not set to a folder with recorded responses")
	}
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDBT_RecordedResponses asserts that each field of a recorded response is in that of the sandbox, with the same kind
// of value unless one is null.
func TestDBT_RecordedResponses(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	c := newDBTClient(t, s)
	got := jsonKinds(t, c.do(http.MethodPost, jobPath(s)+"run/", `{"cause":"test"}`).Body)
	want := jsonKinds(t, readFixture(t, "dbt/kestra/run.json"))
	for name, kind := range want {
		if sandbox, ok := got[name]; !ok || sandbox != kind && sandbox != "null" && kind != "null" {
			t.Errorf("%s: got %q, want %q", name, sandbox, kind)
		}
	}
}

// jsonKinds returns the kind of each value by its path.
func jsonKinds(t *testing.T, text string) map[string]string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for name, inner := range v {
				walk(path+"."+name, inner)
			}
		case nil:
			found[path] = "null"
		default:
			found[path] = fmt.Sprintf("%T", v)
		}
	}
	walk("", value)
	return found
}

// TestTableau_RecordedResponses asserts that each element and attribute of a recorded response is in that of the sandbox,
// with the same parent.
func TestTableau_RecordedResponses(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, file, path string
		// missing are the names that the sandbox does not have.
		missing []string
		// scenario is successScenario if nil.
		scenario func() Scenario
	}{
		{name: "workbook", file: "workbook_get_by_id.xml", path: "/workbooks/6b7179ba-b82b-4f0f-91ed-812074ac5da6", missing: []string{"workbook description"}},
		{name: "workbooks", file: "workbook_get_page_1.xml", path: "/workbooks"},
		{
			name: "workbooks_with_all_fields", file: "workbook_get_all_fields.xml", path: "/workbooks?fields=_all_",
			missing: []string{
				"owner email", "owner fullName", "owner lastLogin", "owner name", "owner siteRole", "project description",
				"workbook dataAccelerationConfig", "workbook defaultViewId", "workbook lastPublishedAt", "workbook shareDescription", "workbook sheetCount",
			},
		},
		{name: "data_source", file: "datasource_get_by_id.xml", path: "/datasources/9dbd2263-16b5-46e1-9c43-a76bb8ab65fb", missing: []string{"askData enablement", "datasource askData", "datasource description"}},
		{name: "projects", file: "request_option_filter_name_in.xml", path: "/projects"},
		{name: "connections", file: "workbook_populate_connections.xml", path: "/workbooks/6b7179ba-b82b-4f0f-91ed-812074ac5da6/connections"},
		{
			name: "data_sources_with_all_fields", file: "datasource_get_all_fields.xml", path: "/datasources?fields=_all_",
			missing: []string{
				"datasource connectedWorkbooksCount", "datasource favoritesTotal", "datasource hasAlert", "owner email", "owner fullName", "owner lastLogin",
				"owner name", "owner siteRole", "project description",
			},
		},
		{name: "flows", file: "flow_get.xml", path: "/flows", scenario: scenarioWithFlows},
		{name: "flow", file: "flow_get_by_id.xml", path: "/flows/" + flowLUID, scenario: scenarioWithFlows},
		{name: "tasks", file: "tasks_with_workbook_and_datasource.xml", path: "/tasks/extractRefreshes", scenario: func() Scenario { return scenarioWithTasks(false) }},
		{name: "cloud_tasks", file: "tasks_with_interval.xml", path: "/tasks/extractRefreshes", scenario: func() Scenario { return scenarioWithTasks(true) }},
		{name: "schedule_extracts", file: "schedule_get_extract_refresh_tasks.xml", path: "/schedules/5c4edu1e-1/extracts", scenario: func() Scenario { return scenarioWithTasks(false) }},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			want := xmlNames(t, readFixture(t, "tableau/"+tc.file))
			if tc.scenario == nil {
				tc.scenario = successScenario
			}
			sandbox := xmlNames(t, newTableauClient(t, New(tc.scenario())).get(tc.path).Body)
			maps.DeleteFunc(want, func(name string, _ bool) bool { return sandbox[name] })
			if diff := cmp.Diff(tc.missing, slices.Sorted(maps.Keys(want))); diff != "" {
				t.Errorf("missing in the sandbox (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTableau_RecordedStarts is TestTableau_RecordedResponses for calls that start something, and for schedules.
func TestTableau_RecordedStarts(t *testing.T) {
	t.Parallel()

	c := newTableauClient(t, New(scenarioWithTasks(false)))
	flows := newTableauClient(t, New(scenarioWithFlows()))
	server := client{t: t, handler: c.handler, header: c.header, basePath: "/api/3.26"}
	job := decodeTableau(t, flows.do(http.MethodPost, "/flows/"+flowLUID+"/run", "<tsRequest/>"))
	cases := []struct {
		file string
		got  httpResponse
		want []string
	}{
		{file: "tasks_run_now_response.xml", got: c.do(http.MethodPost, "/tasks/extractRefreshes/full/runNow", "<tsRequest/>")},
		{file: "flow_refresh.xml", got: flows.get("/jobs/" + job.Job.ID)},
		{file: "flow_runs_get.xml", got: flows.get("/flows/runs")},
		{file: "flow_runs_get_by_id_inprogress.xml", got: flows.get("/flows/runs/" + job.Job.Flow.RunID)},
		{file: "schedule_get.xml", got: server.get("/schedules")},
		{file: "schedule_get_hourly_id.xml", got: server.get("/schedules/5c4edu1e-2"), want: []string{"interval minutes", "interval weekDay", "schedule nextRunAt"}},
	}
	for _, tc := range cases {
		want, sandbox := xmlNames(t, readFixture(t, "tableau/"+tc.file)), xmlNames(t, tc.got.Body)
		maps.DeleteFunc(want, func(name string, _ bool) bool { return sandbox[name] })
		if diff := cmp.Diff(tc.want, slices.Sorted(maps.Keys(want))); diff != "" {
			t.Errorf("%s: missing in the sandbox (-want +got):\n%s", tc.file, diff)
		}
	}
}

// xmlNames returns all pairs of an element and one of its children or attributes.
func xmlNames(t *testing.T, text string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	var open []string
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			if len(open) > 1 {
				found[open[len(open)-1]+" "+element.Name.Local] = true
			}
			open = append(open, element.Name.Local)
			for _, attr := range element.Attr {
				if len(open) > 1 {
					found[element.Name.Local+" "+attr.Name.Local] = true
				}
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}
