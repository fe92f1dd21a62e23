package action_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/sandbox"
)

// handedOver answers of an ended job that it is a success, which says no more than that Tableau Bridge was given it. The list of
// jobs tells its end.
func handedOver(tableau http.Handler) *http.Server {
	return &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		tableau.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		if strings.Contains(r.URL.Path, "/jobs/") {
			body = bytes.ReplaceAll(body, []byte(`finishCode="1"`), []byte(`finishCode="0"`))
		}
		for name, values := range answer.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	})}
}

// TestBridge_handed_over: a failure behind Tableau Bridge is one, however the data source is refreshed.
func TestBridge_handed_over(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs map[string]string
	}{
		{"by_itself", map[string]string{"tableau-workbooks": "", "tableau-datasources": orders}},
		{"by_a_task", tasksOnly(task(1), "")},
		{"by_an_incremental_task", map[string]string{"tableau-workbooks": "", "tableau-datasources": orders, "tableau-incremental": "true", "tableau-api-version": "3.24"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find("bridge")
			scenario = scenario.Faster(1)
			scenario.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			scenario.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: orders, Incremental: true}}
			synctest.Test(t, func(t *testing.T) {
				done := play{scenario: scenario, inputs: tc.inputs, mount: before(handedOver)}.run(t)
				if got := done.outputs["result"]; got != "refresh-failed" || len(done.box.Jobs()) != 1 {
					t.Errorf("result is %s after %d jobs, want refresh-failed\n%s", got, len(done.box.Jobs()), done.log)
				}
			})
		})
	}
}

// TestBridge_unproved: what only the list of jobs could tell is said to be unknown, and a list that is away for good is an error.
func TestBridge_unproved(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, want, says string
		mayList          bool
		fault            *sandbox.Fault
	}{
		{name: "no_right_to_list", want: "success", says: "whether Bridge has done it can't be told: the signed-in user may not list jobs"},
		{name: "the_list_is_away", want: "error", says: "failed to list Tableau jobs: Tableau answered 502", mayList: true, fault: &sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: sandbox.BadGateway}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find("bridge")
			scenario = scenario.Faster(1)
			scenario.Tableau.MayListJobs = tc.mayList
			scenario.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(scenario)
				if tc.fault != nil {
					box.AddFault(*tc.fault)
				}
				done := play{box: box, inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": orders}, mount: before(handedOver)}.run(t)
				if got := done.outputs["result"]; got != tc.want || !strings.Contains(done.log, tc.says) {
					t.Errorf("result is %s, want %s that says %q\n%s", got, tc.want, tc.says, done.log)
				}
			})
		})
	}
}
