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

// history serves a list of runs, the newest first, page by page.
func history(t *testing.T, causes []string) http.HandlerFunc {
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

// TestEarlier finds the newest run of this step in an earlier attempt, also where many others came after it.
func TestEarlier(t *testing.T) {
	t.Parallel()

	ours := func(attempt string) string {
		return dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", attempt, "k"))
	}
	others := make([]string, 250)
	cases := []struct {
		name   string
		causes []string // the newest first; the last has the ID 1
		want   int64
	}{
		{"none", nil, 0},
		{"others_alone", others, 0},
		{"newest_of_two", []string{"Nightly", ours("2"), ours("1")}, 2},
		{"not_this_attempt", []string{ours("3"), ours("1")}, 1},
		{"on_a_later_page", append(others[:249:249], ours("1"), "Nightly"), 2},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run, err := newClient(t, history(t, tc.causes)).EarlierAttempt(t.Context(), 7, "4711", "3", "k", 2)
				if err != nil || lastID(run) != tc.want {
					t.Errorf("Earlier() = %d, %v, want %d", lastID(run), err, tc.want)
				}
			})
		})
	}
}

// lastID is the ID of the last run of a chain, 0 for none.
func lastID(chain []dbt.Run) int64 {
	if len(chain) == 0 {
		return 0
	}
	return chain[len(chain)-1].ID
}

// TestEarlier_retried: retries carry no marker; each names the run that it takes up again.
func TestEarlier_retried(t *testing.T) {
	t.Parallel()

	ours := `"trigger":{"cause":"` + dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", "1", "k")) + `"}`
	const retry = `"trigger":{"cause":"Retried from point of failure"},"retrying_run_id":`
	cases := []struct {
		name    string
		runs    string // the newest first
		retries int
		want    []int64
	}{
		{"none", `{"id":5,` + ours + `}`, 2, []int64{5}},
		{"once", `{"id":7,` + retry + `5},{"id":5,` + ours + `}`, 2, []int64{5, 7}},
		{"twice", `{"id":9,` + retry + `7},{"id":7,` + retry + `5},{"id":5,` + ours + `}`, 2, []int64{5, 7, 9}},
		{"more_often_than_this_step_retries", `{"id":9,` + retry + `7},{"id":7,` + retry + `5},{"id":5,` + ours + `}`, 1, []int64{5, 7}},
		{"by_somebody_else", `{"id":7,` + retry + `5},{"id":5,` + ours + `}`, 0, []int64{5}},
		{"of_another_run", `{"id":9,` + retry + `7},{"id":7,"retrying_run_id":null},{"id":5,` + ours + `}`, 2, []int64{5}},
		{"the_newest_counts", `{"id":9,` + retry + `5},{"id":7,` + retry + `5},{"id":5,` + ours + `}`, 2, []int64{5, 9}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				chain, err := newClient(t, respond(http.StatusOK, `{"data":[`+tc.runs+`]}`)).EarlierAttempt(t.Context(), 7, "4711", "3", "k", tc.retries)
				if err != nil {
					t.Fatal(err)
				}
				var got []int64
				for _, run := range chain {
					got = append(got, run.ID)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("chain (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestActive finds a run that is going and does what ours would do; the causes may differ.
func TestActive(t *testing.T) {
	t.Parallel()

	const trigger = `"trigger":{"cause":"Nightly","git_branch":"main","git_sha":null,"threads_override":4,"steps_override":null}`
	like := dbt.TriggerRequest{Cause: "ours", GitBranch: "main", ThreadsOverride: new(int64(4))}
	cases := []struct {
		name string
		runs string
		like dbt.TriggerRequest
		want int64
	}{
		{"none", `[]`, like, 0},
		{"same", `[{"id":9,"status":3,` + trigger + `},{"id":8,"status":1,` + trigger + `}]`, like, 9},
		{"ended_after_all", `[{"id":9,"status":10,` + trigger + `},{"id":8,"status":1,` + trigger + `}]`, like, 8},
		{"other_overrides", `[{"id":9,"status":3,` + trigger + `}]`, dbt.TriggerRequest{Cause: "Nightly", GitBranch: "main"}, 0},
		{"overrides_not_told", `[{"id":9,"status":3,"trigger":null}]`, dbt.TriggerRequest{}, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run, err := newClient(t, respond(http.StatusOK, `{"data":`+tc.runs+`}`)).ActiveRun(t.Context(), 7, tc.like)
				if err != nil || run.ID != tc.want {
					t.Errorf("Active() = %d, %v, want %d", run.ID, err, tc.want)
				}
			})
		})
	}
}
