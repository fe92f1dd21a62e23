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

// TestArtifact covers artifacts that are stored, stored late, and never stored.
func TestArtifact(t *testing.T) {
	t.Parallel()

	missing := respond(http.StatusNotFound, `{"status":{"code":404,"user_message":"Not found"}}`)
	throttled := respond(http.StatusTooManyRequests, `{"status":{"code":429,"user_message":"Slow down"}}`)
	cases := []struct {
		name     string
		path     string
		step     int
		endedAgo time.Duration
		handler  func(startedAt time.Time) http.HandlerFunc
		want     string
		wantErr  int
		wantPath string
		// minTime and maxTime limit how long the call takes.
		minTime, maxTime time.Duration
	}{
		{
			name: "stored", path: "run_results.json", step: 3, handler: always(respond(200, "results")), want: "results",
			wantPath: "/api/v2/accounts/123456/runs/7/artifacts/run_results.json?step=3",
		},
		{
			name: "of_the_last_step_in_a_folder", path: "compiled/my model.sql", handler: always(respond(200, "select 1")), want: "select 1",
			wantPath: "/api/v2/accounts/123456/runs/7/artifacts/compiled/my%20model.sql",
		},
		{
			name: "stored_late", path: "a", handler: func(startedAt time.Time) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					if time.Since(startedAt) < 10*time.Second {
						missing(w, r)
						return
					}
					respond(200, "a")(w, r)
				}
			}, want: "a", minTime: 10 * time.Second, maxTime: 20 * time.Second,
		},
		{name: "never_stored", path: "a", handler: always(missing), wantErr: 404, minTime: 20 * time.Second, maxTime: 40 * time.Second},
		{name: "missing_after_a_minute", path: "a", endedAgo: time.Minute, handler: always(missing), wantErr: 404},
		{name: "refused", path: "a", handler: always(respond(http.StatusForbidden, `{}`)), wantErr: 403},
		{name: "always_throttled", path: "a", handler: always(throttled), wantErr: 429, maxTime: time.Minute},
		{name: "always_down", path: "a", handler: always(respond(http.StatusBadGateway, "")), wantErr: 502, maxTime: time.Minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				startedAt := time.Now()
				handler := tc.handler(startedAt)
				var path string
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					path = r.RequestURI
					handler(w, r)
				}))
				var got string
				err := client.Artifact(t.Context(), dbt.ArtifactRequest{RunID: 7, Path: tc.path, Step: tc.step, EndedAt: startedAt.Add(-tc.endedAgo), Retry: dbt.ArtifactRetry}, func(body io.Reader) error {
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
					t.Errorf("requested %s, want %s", path, tc.wantPath)
				}
				if took := time.Since(startedAt); took < tc.minTime || took > tc.maxTime {
					t.Errorf("it took %s, want from %s to %s", took, tc.minTime, tc.maxTime)
				}
			})
		})
	}
}

func always(handler http.HandlerFunc) func(time.Time) http.HandlerFunc {
	return func(time.Time) http.HandlerFunc { return handler }
}

// TestArtifact_truncated: an artifact whose connection breaks is read again from its beginning.
func TestArtifact_truncated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		content := strings.Repeat("a line of an artifact\n", 10_000)
		requests := 0
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests++
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			if requests == 1 {
				_, _ = io.WriteString(w, content[:len(content)/2])
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, content)
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
		if diff := cmp.Diff([]int{len(content)}, reads); diff != "" || requests != 2 {
			t.Errorf("%d requests; bytes of complete reads (-want +got):\n%s", requests, diff)
		}
	})
}
