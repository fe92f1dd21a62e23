package action_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestClockSkew asserts that a time lag after dbt is measured by the local clock, and that times of jobs are compared by
// Tableau's.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := successScenario(t)
				book := &scenario.Tableau.Workbooks[0]
				book.OtherRefreshes = []sandbox.OtherRefresh{*runningRefresh()}
				e := execution{scenario: scenario, inputs: map[string]string{"tableau-workbooks": book.LUID, "tableau-datasources": ""}}
				e.mount = replaceTableau(func(tableau http.Handler) *http.Server { return &http.Server{Handler: shiftClock(tableau, by)} })
				step := e.run(t)
				// The other refresh ends at 6m00s; the step's own takes 47 s, after 2 s in the queue.
				if want := "the data was fresh in Tableau 3m 0"; !strings.Contains(step.outputs["message"], want) || len(step.services.Jobs()) != 1 {
					t.Errorf("message is %q after %d refreshes, want %q\n%s", step.outputs["message"], len(step.services.Jobs()), want, step.log)
				}
			})
		})
	}
}

var timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// shiftClock changes the times that a Tableau reports and receives.
func shiftClock(tableau http.Handler, by time.Duration) http.Handler {
	shift := func(text string, by time.Duration) string {
		return timestamp.ReplaceAllStringFunc(text, func(s string) string {
			at, _ := time.Parse(time.RFC3339, s)
			return at.Add(by).Format(time.RFC3339)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if filter := query.Get("filter"); filter != "" {
			query.Set("filter", shift(filter, -by))
			r.URL.RawQuery = query.Encode()
		}
		recorder := httptest.NewRecorder()
		tableau.ServeHTTP(recorder, r)
		w.Header().Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat))
		w.WriteHeader(recorder.Code)
		_, _ = w.Write([]byte(shift(recorder.Body.String(), by)))
	})
}
