package dbt_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestRun_of_another: an answer about another run is no answer, and gives no verdict.
func TestRun_of_another(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if looks.Add(1) == 1 {
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

// TestRuns_without_data: an answer that holds no list is no proof that there are no runs.
func TestRuns_without_data(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"message":"try later"}`, `{"status":{"code":200},"data":null}`, `{"data":{}}`, `[]`} {
		synctest.Test(t, func(t *testing.T) {
			_, err := listRuns(t.Context(), newClient(t, http.HandlerFunc(respond(200, body))))
			if err == nil || !strings.Contains(err.Error(), "is not one of dbt") {
				t.Errorf("the answer %s is taken for a list: %v", body, err)
			}
		})
	}
}
