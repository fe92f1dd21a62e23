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

// withBridgeFinishCode returns finish code 0 for a failed job: that only means that Tableau Bridge received it. The job list
// contains its real end.
func withBridgeFinishCode(tableau http.Handler) *http.Server {
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

// TestBridge_finish_code asserts that a failure in Tableau Bridge is reported, with every way to refresh the data source.
func TestBridge_finish_code(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs map[string]string
	}{
		{"by_itself", map[string]string{"tableau-workbooks": "", "tableau-datasources": ordersLUID}},
		{"by_a_task", onlyTasks(taskLUID(1), "")},
		{"by_an_incremental_task", map[string]string{"tableau-workbooks": "", "tableau-datasources": ordersLUID, "tableau-incremental": "true", "tableau-api-version": "3.24"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find("bridge")
			scenario = scenario.Faster(1)
			scenario.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			scenario.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: ordersLUID, Incremental: true}}
			synctest.Test(t, func(t *testing.T) {
				step := execution{scenario: scenario, inputs: tc.inputs, mount: replaceTableau(withBridgeFinishCode)}.run(t)
				if got := step.outputs["result"]; got != "refresh-failed" || len(step.services.Jobs()) != 1 {
					t.Errorf("result is %s after %d jobs, want refresh-failed\n%s", got, len(step.services.Jobs()), step.log)
				}
			})
		})
	}
}

// TestBridge_unconfirmed asserts that a result that only the job list contains is unknown if the list is forbidden, and an
// error if the list is permanently unavailable.
func TestBridge_unconfirmed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, want, wantLog string
		mayList             bool
		fault               *sandbox.Fault
	}{
		{name: "list_forbidden", want: "success", wantLog: "handed to Tableau Bridge; its result can't be confirmed: the signed-in user can't list jobs"},
		{name: "list_unavailable", want: "error", wantLog: "failed to list Tableau jobs: Tableau returned 502", mayList: true, fault: &sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: sandbox.BadGateway}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find("bridge")
			scenario = scenario.Faster(1)
			scenario.Tableau.MayListJobs = tc.mayList
			scenario.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenario)
				if tc.fault != nil {
					services.AddFault(*tc.fault)
				}
				step := execution{services: services, inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": ordersLUID}, mount: replaceTableau(withBridgeFinishCode)}.run(t)
				if got := step.outputs["result"]; got != tc.want || !strings.Contains(step.log, tc.wantLog) {
					t.Errorf("result is %s, want %s and a log with %q\n%s", got, tc.want, tc.wantLog, step.log)
				}
			})
		})
	}
}
