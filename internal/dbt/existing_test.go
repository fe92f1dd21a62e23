package dbt_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
)

// serveRuns returns a handler for a list of runs with these causes, the newest first, in pages.
func serveRuns(t *testing.T, causes []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil {
			t.Error(err)
		}
		runs := []dbt.Run{}
		for i := offset; i < min(offset+limit, len(causes)); i++ {
			runs = append(runs, dbt.Run{ID: int64(len(causes) - i), Trigger: &dbt.TriggerRequest{Cause: causes[i]}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": runs})
	}
}

// TestEarlierAttempt finds the newest run of this step in an earlier attempt, also if there are many newer ones.
func TestEarlierAttempt(t *testing.T) {
	t.Parallel()

	causeOf := func(attempt string) string {
		return dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", attempt, "k"))
	}
	others := make([]string, 250)
	cases := []struct {
		name   string
		causes []string // the newest first; the last has the ID 1
		want   int64
	}{
		{"none", nil, 0},
		{"only_others", others, 0},
		{"newest_of_two", []string{"Nightly", causeOf("2"), causeOf("1")}, 2},
		{"not_this_attempt", []string{causeOf("3"), causeOf("1")}, 1},
		{"on_a_later_page", append(others[:249:249], causeOf("1"), "Nightly"), 2},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs, err := newClient(t, serveRuns(t, tc.causes)).EarlierAttempt(t.Context(), 7, "4711", "3", "k", 2)
				if err != nil || lastID(runs) != tc.want {
					t.Errorf("EarlierAttempt() = %d, %v, want %d", lastID(runs), err, tc.want)
				}
			})
		})
	}
}

// lastID returns the ID of the last run, or 0 if there is none.
func lastID(runs []dbt.Run) int64 {
	if len(runs) == 0 {
		return 0
	}
	return runs[len(runs)-1].ID
}

// TestEarlierAttempt_retried: retries have no marker, but the ID of the run that they retry.
func TestEarlierAttempt_retried(t *testing.T) {
	t.Parallel()

	first := `"trigger":{"cause":"` + dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", "1", "k")) + `"}`
	const retry = `"trigger":{"cause":"Retried from point of failure"},"retrying_run_id":`
	cases := []struct {
		name       string
		runs       string // the newest first
		maxRetries int
		want       []int64
	}{
		{"none", `{"id":5,` + first + `}`, 2, []int64{5}},
		{"once", `{"id":7,` + retry + `5},{"id":5,` + first + `}`, 2, []int64{5, 7}},
		{"twice", `{"id":9,` + retry + `7},{"id":7,` + retry + `5},{"id":5,` + first + `}`, 2, []int64{5, 7, 9}},
		{"more_than_the_maximum", `{"id":9,` + retry + `7},{"id":7,` + retry + `5},{"id":5,` + first + `}`, 1, []int64{5, 7}},
		{"no_retries_wanted", `{"id":7,` + retry + `5},{"id":5,` + first + `}`, 0, []int64{5}},
		{"of_another_run", `{"id":9,` + retry + `7},{"id":7,"retrying_run_id":null},{"id":5,` + first + `}`, 2, []int64{5}},
		{"newest_of_two", `{"id":9,` + retry + `5},{"id":7,` + retry + `5},{"id":5,` + first + `}`, 2, []int64{5, 9}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs, err := newClient(t, respond(http.StatusOK, `{"data":[`+tc.runs+`]}`)).EarlierAttempt(t.Context(), 7, "4711", "3", "k", tc.maxRetries)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, runIDs(runs)); diff != "" {
					t.Errorf("runs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestActiveRuns: a filter that dbt ignores does no harm.
func TestActiveRuns(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, runs string
		want       []int64
	}{
		{"none", `[]`, nil},
		{"newest_first", `[{"id":9,"status":3,"trigger":{}},{"id":8,"status":1,"trigger":{}}]`, []int64{9, 8}},
		{"ended", `[{"id":9,"status":10,"trigger":{}},{"id":8,"status":2,"trigger":{}},{"id":7,"status":30,"trigger":{}}]`, []int64{8}},
		{"of_another_job", `[{"id":9,"status":3,"job_definition_id":8,"trigger":{}},{"id":8,"status":3,"job_definition_id":7,"trigger":{}}]`, []int64{8}},
		{"unknown_overrides", `[{"id":9,"status":3,"trigger":null},{"id":8,"status":3,"trigger":{}}]`, []int64{8}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs, err := newClient(t, respond(http.StatusOK, `{"data":`+tc.runs+`}`)).ActiveRuns(t.Context(), 7)
				if diff := cmp.Diff(tc.want, runIDs(runs)); diff != "" || err != nil {
					t.Errorf("ActiveRuns() (-want +got):\n%s%v", diff, err)
				}
			})
		})
	}
}

func runIDs(runs []dbt.Run) (ids []int64) {
	for _, run := range runs {
		ids = append(ids, run.ID)
	}
	return ids
}
