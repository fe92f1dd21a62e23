package dbt_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestRun_other_id: a response about another run is malformed, and the request is retried.
func TestRun_other_id(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int64
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1) == 1 {
				respond(200, `{"status":{"code":200,"is_success":true},"data":{"id":555,"status":10}}`)(w, r)
				return
			}
			respond(200, `{"status":{"code":200,"is_success":true},"data":{"id":7,"status":20,"blocked_by":[{}],"run_steps":"none"}}`)(w, r)
		}))
		run, err := client.Run(t.Context(), 7, time.Now())
		if err != nil || run.ID != 7 || run.Status.String() != "error" {
			t.Errorf("Run() = %+v, %v, want the run 7 that failed", run, err)
		}
	})
}

// TestRuns_without_list: a response without a list does not mean that there are no runs.
func TestRuns_without_list(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"message":"try later"}`, `{"status":{"code":200},"data":null}`, `{"data":{}}`, `[]`} {
		synctest.Test(t, func(t *testing.T) {
			_, err := listRuns(t.Context(), newClient(t, http.HandlerFunc(respond(200, body))))
			if err == nil || !strings.Contains(err.Error(), "did not return a valid dbt response") {
				t.Errorf("Runs() with the response %s = %v, want an error", body, err)
			}
		})
	}
}
