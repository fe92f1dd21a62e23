package tableau_test

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// slowJob answers a second later, so that many requests are under way at once.
func slowJob(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Second)
	answer(`<job id="%s"/>`, path.Base(r.URL.Path))(w, r)
}

func getJob(t *testing.T, client *tableau.Client) error {
	_, err := client.Job(t.Context(), "j", time.Time{})
	return err
}

// TestSession_renewedOnce: signing in ends the session before, so that two renewals would end each other's.
func TestSession_renewedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{handler: slowJob}
		client := signedIn(t, s)
		s.end()
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if err := getJob(t, client); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		signIns, requests := s.seen()
		if signIns != 2 || len(requests) != 10 {
			t.Errorf("%d sign-ins and %d good requests, want 2 and 10", signIns, len(requests))
		}
	})
}

// TestSession_lateRefusal: the refusal of an old token, coming after the renewal, is no reason for another one.
func TestSession_lateRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{handler: slowJob}
		late := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/late") && r.Header.Get("X-Tableau-Auth") == "token-1" {
				time.Sleep(20 * time.Second)
				refuse(401, "401002", "Unauthorized Access", "")(w, r)
				return
			}
			s.ServeHTTP(w, r)
		})
		client := signedIn(t, late)
		s.end()
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := client.Job(t.Context(), "late", time.Time{}); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		if err := getJob(t, client); err != nil {
			t.Error(err)
		}
		group.Wait()
		if signIns, _ := s.seen(); signIns != 2 {
			t.Errorf("%d sign-ins, want 2", signIns)
		}
	})
}

// TestSession_endsAgain: a token that is used elsewhere is told apart from a session that ends every now and then.
func TestSession_endsAgain(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name      string
		after     time.Duration // a renewal
		elsewhere bool
		signIns   int
	}{
		{"at_once", 0, true, 2},
		{"soon", 5*time.Minute - time.Second, true, 2},
		{"later", 5 * time.Minute, false, 3},
		{"after_hours", 2 * time.Hour, false, 3},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &site{handler: answer(`<job id="j"/>`)}
				client := signedIn(t, s)
				s.end()
				if err := getJob(t, client); err != nil { // the first sign-in is no renewal
					t.Fatal(err)
				}
				time.Sleep(tc.after)
				s.end()
				err := getJob(t, client)
				session, ok := errors.AsType[*tableau.SessionError](err)
				if ok != tc.elsewhere || ok && !session.TokenInUse || !ok && err != nil {
					t.Errorf("Job() = %v, want a SessionError because of another use: %v", err, tc.elsewhere)
				}
				if signIns, _ := s.seen(); signIns != tc.signIns {
					t.Errorf("%d sign-ins, want %d", signIns, tc.signIns)
				}
			})
		})
	}
}

func TestSessionError(t *testing.T) {
	t.Parallel()

	cause := &rest.StatusError{Service: "Tableau", Operation: "get Tableau job j", Status: 401, Code: "401002"}
	cases := []struct {
		name string
		err  *tableau.SessionError
		want string
	}{
		{
			"elsewhere", &tableau.SessionError{TokenInUse: true, Err: cause},
			"failed to get Tableau job j: Tableau answered 401 Unauthorized (code 401002); Tableau ended the session again within 5m0s of its renewal: " +
				"the token of tableau-token-name seems to be used elsewhere, and every sign-in with a token ends its other session; " +
				"give this workflow a token of its own, and keep its runs apart with concurrency",
		},
		{
			"refused", &tableau.SessionError{Err: cause},
			"failed to renew the Tableau session: failed to get Tableau job j: Tableau answered 401 Unauthorized (code 401002)",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.err.Error()); diff != "" {
				t.Errorf("Error() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSession_renewalRefused: a revoked token ends all, and is not taken for the refusal of one request.
func TestSession_renewalRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, signIns := &site{handler: slowJob}, 0
		client := signedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/auth/signin") {
				if signIns++; signIns > 1 {
					refuse(401, "401001", "Signin Error", "Error signing in to Tableau Server")(w, r)
					return
				}
			}
			s.ServeHTTP(w, r)
		}))
		s.end()
		err := getJob(t, client)
		if session, ok := errors.AsType[*tableau.SessionError](err); !ok || session.TokenInUse {
			t.Errorf("Job() = %v, want a SessionError of a renewal that failed", err)
		}
		_, err = client.ActiveJob(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
		if errors.Is(err, tableau.ErrJobListDenied) {
			t.Errorf("Active() = %v, want the lost session and no missing right", err)
		}
	})
}

// TestSession_refreshAfterRenewal: a 401 is a refusal, so that even a start is sent again after it.
func TestSession_refreshAfterRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{handler: answer(`<job id="j"/>`)}
		client := signedIn(t, s)
		s.end()
		job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
		if err != nil || job.ID != "j" {
			t.Errorf("Start() = %q, %v, want job j", job.ID, err)
		}
		if _, requests := s.seen(); len(requests) != 1 {
			t.Errorf("%d refreshes were accepted, want 1", len(requests))
		}
	})
}

// TestSession_minted: a token is told, to be masked, before any request carries it.
func TestSession_minted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var events []string
		note := func(event string) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, event)
		}
		s := &site{handler: answer(`<job id="j"/>`)}
		client := signedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if token := r.Header.Get("X-Tableau-Auth"); token != "" {
				note("used " + token)
			}
			s.ServeHTTP(w, r)
		}), func(o *tableau.Options) { o.OnSecret = func(secret string) { note("minted " + secret) } })
		if err := getJob(t, client); err != nil {
			t.Fatal(err)
		}
		s.end()
		if err := getJob(t, client); err != nil {
			t.Fatal(err)
		}
		want := []string{"minted token-1", "used token-1", "used token-1", "minted token-2", "used token-2"}
		if diff := cmp.Diff(want, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
