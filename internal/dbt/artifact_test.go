package dbt_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// TestArtifact: what is asked for, what comes late, and what never comes.
func TestArtifact(t *testing.T) {
	t.Parallel()

	missing := respond(http.StatusNotFound, `{"status":{"code":404,"user_message":"Not found"}}`)
	throttled := respond(http.StatusTooManyRequests, `{"status":{"code":429,"user_message":"Slow down"}}`)
	cases := []struct {
		name string
		path string
		step int
		// ago is how long the run is over.
		ago      time.Duration
		handler  func(begin time.Time) http.HandlerFunc
		want     string
		wantErr  int
		wantPath string
		// atLeast and atMost bound how long it takes.
		atLeast, atMost time.Duration
	}{
		{
			name: "there", path: "run_results.json", step: 3, handler: always(respond(200, "results")), want: "results",
			wantPath: "/api/v2/accounts/123456/runs/7/artifacts/run_results.json?step=3",
		},
		{
			name: "of_the_last_step_in_a_folder", path: "compiled/my model.sql", handler: always(respond(200, "select 1")), want: "select 1",
			wantPath: "/api/v2/accounts/123456/runs/7/artifacts/compiled/my%20model.sql",
		},
		{
			name: "late", path: "a", handler: func(begin time.Time) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					if time.Since(begin) < 10*time.Second {
						missing(w, r)
						return
					}
					respond(200, "a")(w, r)
				}
			}, want: "a", atLeast: 10 * time.Second, atMost: 20 * time.Second,
		},
		{name: "never_there", path: "a", handler: always(missing), wantErr: 404, atLeast: 20 * time.Second, atMost: 40 * time.Second},
		{name: "not_there_any_more", path: "a", ago: time.Minute, handler: always(missing), wantErr: 404},
		{name: "refused", path: "a", handler: always(respond(http.StatusForbidden, `{}`)), wantErr: 403},
		{name: "throttled_for_ever", path: "a", handler: always(throttled), wantErr: 429, atMost: time.Minute},
		{name: "down_for_good", path: "a", handler: always(respond(http.StatusBadGateway, "")), wantErr: 502, atMost: time.Minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				handler := tc.handler(begin)
				var path string
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					path = r.RequestURI
					handler(w, r)
				}))
				var got string
				err := client.Artifact(t.Context(), dbt.ArtifactRequest{RunID: 7, Path: tc.path, Step: tc.step, EndedAt: begin.Add(-tc.ago), Retry: dbt.ArtifactRetry}, func(body io.Reader) error {
					all, err := io.ReadAll(body)
					got = string(all)
					return err
				})
				status := 0
				if refusal, ok := errors.AsType[*rest.StatusError](err); ok {
					status = refusal.Status
				} else if err != nil {
					t.Fatal(err)
				}
				if got != tc.want || status != tc.wantErr {
					t.Errorf("got %q with status %d, want %q with %d", got, status, tc.want, tc.wantErr)
				}
				if tc.wantPath != "" && path != tc.wantPath {
					t.Errorf("asked for %s, want %s", path, tc.wantPath)
				}
				if took := time.Since(begin); took < tc.atLeast || took > tc.atMost {
					t.Errorf("it took %s, want from %s to %s", took, tc.atLeast, tc.atMost)
				}
			})
		})
	}
}

func always(handler http.HandlerFunc) func(time.Time) http.HandlerFunc {
	return func(time.Time) http.HandlerFunc { return handler }
}

// TestArtifact_brokenOff: an artifact that breaks off in the middle is read once more, from its beginning.
func TestArtifact_brokenOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		whole := strings.Repeat("a line of an artifact\n", 10_000)
		requests := 0
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests++
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			if requests == 1 {
				_, _ = io.WriteString(w, whole[:len(whole)/2])
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, whole)
		}))
		var reads []int
		err := client.Artifact(t.Context(), dbt.ArtifactRequest{RunID: 7, Path: "a", EndedAt: time.Now(), Retry: dbt.ArtifactRetry}, func(body io.Reader) error {
			n, err := io.Copy(io.Discard, body)
			if err == nil {
				reads = append(reads, int(n))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{len(whole)}, reads); diff != "" || requests != 2 {
			t.Errorf("%d requests; whole reads (-want +got):\n%s", requests, diff)
		}
	})
}
