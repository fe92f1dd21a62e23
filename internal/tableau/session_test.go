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

// respondSlowly responds with a job after a second, so that many requests are in progress at once.
func respondSlowly(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Second)
	respondXML(`<job id="%s"/>`, path.Base(r.URL.Path))(w, r)
}

func getJob(t *testing.T, client *tableau.Client) error {
	_, err := client.Job(t.Context(), "j", time.Time{})
	return err
}

// TestSession_singleRenewal checks that concurrent requests share one renewal; two would end each other's session.
func TestSession_singleRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: respondSlowly}
		client := signedIn(t, s)
		s.endSession()
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if err := getJob(t, client); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		signIns, requests := s.recorded()
		if signIns != 2 || len(requests) != 10 {
			t.Errorf("%d sign-ins and %d good requests, want 2 and 10", signIns, len(requests))
		}
	})
}

// TestSession_renewalThroughProxy checks that pages of a proxy do not end the renewal of a session.
func TestSession_renewalThroughProxy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: respondSlowly}
		responses := []http.HandlerFunc{
			respond(http.StatusForbidden, "<!doctype html>"), http.RedirectHandler("https://sso.example/", http.StatusFound).ServeHTTP,
		}
		client := signedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if signIns, _ := s.recorded(); signIns == 1 && strings.HasSuffix(r.URL.Path, "/signin") && len(responses) > 0 {
				responses[0](w, r)
				responses = responses[1:]
				return
			}
			s.ServeHTTP(w, r)
		}))
		s.endSession()
		if err := getJob(t, client); err != nil {
			t.Error(err)
		}
		if signIns, _ := s.recorded(); signIns != 2 || len(responses) != 0 {
			t.Errorf("%d sign-ins, %d responses of the proxy are left", signIns, len(responses))
		}
	})
}

// TestSession_lateRejection checks that the rejection of an old token after the renewal does not cause another renewal.
func TestSession_lateRejection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: respondSlowly}
		late := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/late") && r.Header.Get("X-Tableau-Auth") == "token-1" {
				time.Sleep(20 * time.Second)
				respondError(401, "401002", "Unauthorized Access", "")(w, r)
				return
			}
			s.ServeHTTP(w, r)
		})
		client := signedIn(t, late)
		s.endSession()
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
		if signIns, _ := s.recorded(); signIns != 2 {
			t.Errorf("%d sign-ins, want 2", signIns)
		}
	})
}

// TestSession_endsAgain checks that only a session that ends soon after its renewal means that the token is in use.
func TestSession_endsAgain(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name       string
		after      time.Duration // the renewal
		tokenInUse bool
		signIns    int
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
				s := &fakeSite{handler: respondXML(`<job id="j"/>`)}
				client := signedIn(t, s)
				s.endSession()
				if err := getJob(t, client); err != nil { // the first sign-in is not a renewal
					t.Fatal(err)
				}
				time.Sleep(tc.after)
				s.endSession()
				err := getJob(t, client)
				session, ok := errors.AsType[*tableau.SessionError](err)
				if ok != tc.tokenInUse || ok && !session.TokenInUse || !ok && err != nil {
					t.Errorf("Job() = %v, want a SessionError with TokenInUse: %v", err, tc.tokenInUse)
				}
				if signIns, _ := s.recorded(); signIns != tc.signIns {
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
			"token_in_use", &tableau.SessionError{TokenInUse: true, Err: cause},
			"failed to get Tableau job j: Tableau returned 401 Unauthorized (code 401002). Create a separate token for this workflow, and use " +
				"concurrency so that its runs do not overlap. The token in tableau-token-name appears to be in use elsewhere: each sign-in ends " +
				"its other session, and this session ended within 5 minutes of its renewal",
		},
		{
			"renewal_failed", &tableau.SessionError{Err: cause},
			"failed to renew the Tableau session: failed to get Tableau job j: Tableau returned 401 Unauthorized (code 401002)",
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

// TestSession_renewalRejected checks that a revoked token is a SessionError, and not the rejection of one request.
func TestSession_renewalRejected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, signIns := &fakeSite{handler: respondSlowly}, 0
		client := signedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/auth/signin") {
				if signIns++; signIns > 1 {
					respondError(401, "401001", "Signin Error", "Error signing in to Tableau Server")(w, r)
					return
				}
			}
			s.ServeHTTP(w, r)
		}))
		s.endSession()
		err := getJob(t, client)
		if session, ok := errors.AsType[*tableau.SessionError](err); !ok || session.TokenInUse {
			t.Errorf("Job() = %v, want a SessionError without TokenInUse", err)
		}
		_, err = client.ActiveJob(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
		if errors.Is(err, tableau.ErrJobListDenied) {
			t.Errorf("ActiveJob() = %v, want a SessionError", err)
		}
	})
}

// TestSession_startAfterRenewal checks that even a start is sent again after a 401, which means that it had no effect.
func TestSession_startAfterRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: respondXML(`<job id="j"/>`)}
		client := signedIn(t, s)
		s.endSession()
		job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
		if err != nil || job.ID != "j" {
			t.Errorf("Start() = %q, %v, want job j", job.ID, err)
		}
		if _, requests := s.recorded(); len(requests) != 1 {
			t.Errorf("%d refreshes were accepted, want 1", len(requests))
		}
	})
}

// TestSession_onSecret checks that OnSecret is called with a token before any request contains it.
func TestSession_onSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var events []string
		record := func(event string) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, event)
		}
		s := &fakeSite{handler: respondXML(`<job id="j"/>`)}
		client := signedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if token := r.Header.Get("X-Tableau-Auth"); token != "" {
				record("used " + token)
			}
			s.ServeHTTP(w, r)
		}), func(o *tableau.Options) { o.OnSecret = func(secret string) { record("secret " + secret) } })
		if err := getJob(t, client); err != nil {
			t.Fatal(err)
		}
		s.endSession()
		if err := getJob(t, client); err != nil {
			t.Fatal(err)
		}
		want := []string{"secret token-1", "used token-1", "used token-1", "secret token-2", "used token-2"}
		if diff := cmp.Diff(want, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
