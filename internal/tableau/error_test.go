package tableau_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// TestClient_errors checks that errors contain Tableau's text and what to do.
func TestClient_errors(t *testing.T) {
	t.Parallel()

	const prefix = "failed to get workbook " + luid + ": "
	cases := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{
			"forbidden", respondError(403, "403004", "Forbidden", "Read permission is denied."),
			prefix + "Tableau returned 403 Forbidden (code 403004): Forbidden: Read permission is denied. The signed-in user lacks permission",
		},
		{
			"not_found", respondError(404, "404006", "Resource Not Found", "Workbook could not be found."),
			prefix + "Tableau returned 404 Not Found (code 404006): Resource Not Found: Workbook could not be found. " +
				"Tableau also returns 404 without view permission",
		},
		{
			"unknown_path", respondError(404, "404003", "Resource Not Found", "Unknown resource."),
			prefix + "Tableau returned 404 Not Found (code 404003): Resource Not Found: Unknown resource. " +
				"Tableau also returns 404 without view permission",
		},
		{
			"unknown_version", respondError(404, "404001", "Resource Not Found", "API version 9.9 is unknown."),
			prefix + "Tableau returned 404 Not Found (code 404001): Resource Not Found: API version 9.9 is unknown. " +
				"Remove tableau-api-version to use the server's own version",
		},
		{
			"no_extract", respondError(400, "409090", "Bad Request", "Extract operation for the workbook 'Sales' is not allowed."),
			prefix + "Tableau returned 400 Bad Request (code 409090): Bad Request: Extract operation for the workbook 'Sales' is not allowed. " +
				"It has no extract. List the published data sources that it uses, or remove it if its connection is live",
		},
		{
			"other_order_and_more_elements", respond(400, `<?xml version="1.0"?><ns0:tsResponse xmlns:ns0="http://tableau.com/api"><ns0:error code="400000"><ns0:callstack>at x</ns0:callstack>`+
				`<ns0:detail>Detail.</ns0:detail><ns0:summary>Summary</ns0:summary></ns0:error><ns0:warnings><ns0:warning errorCode="1"/></ns0:warnings></ns0:tsResponse>`),
			prefix + "Tableau returned 400 Bad Request (code 400000): Summary: Detail",
		},
		{"no_detail", respondError(400, "400000", "Bad Request", ""), prefix + "Tableau returned 400 Bad Request (code 400000): Bad Request"},
		{"not_xml", respond(400, "upstream said no\nand more"), prefix + "Tableau returned 400 Bad Request: upstream said no"},
		{"empty", respond(400, ""), prefix + "Tableau returned 400 Bad Request"},
		{
			"web_page", respond(200, "<!doctype html><title>Company portal</title>"),
			prefix + "127.0.0.1:80 did not return a valid Tableau response: received a web page (Company portal)",
		},
		{
			"redirect", func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://10ay.online.tableau.com/", http.StatusMovedPermanently)
			},
			prefix + "Tableau returned 301 Moved Permanently: 127.0.0.1:80 redirects to 10ay.online.tableau.com. The redirect is not followed, " +
				"because it would send credentials to 10ay.online.tableau.com. Correct tableau-url",
		},
		{
			"two_roots", respond(200, `<tsResponse/><tsResponse/>`),
			prefix + "127.0.0.1:80 did not return a valid Tableau response: a required value is missing or invalid",
		},
		{"truncated", respond(200, `<tsResponse><workbook id="x"`), prefix + "127.0.0.1:80 did not return a valid Tableau response: failed to decode: XML syntax error on line 1: unexpected EOF"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := signedIn(t, &fakeSite{handler: tc.handler}).Item(t.Context(), content.Workbook, luid, rest.Preflight)
				if diff := cmp.Diff(tc.want, errorText(err)); diff != "" {
					t.Errorf("Item() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestClient_forbidden checks that the error of a 403 depends on the request: a sign-in, a read, or a start.
func TestClient_forbidden(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const response = "Tableau returned 403 Forbidden (code 403004): Forbidden. "
		err := newClient(t, respondForbidden).SignIn(t.Context())
		if diff := cmp.Diff("failed to sign in to Tableau: "+response+"Tableau, or a proxy in front of it, denies access to this user or this runner", errorText(err)); diff != "" {
			t.Errorf("SignIn() (-want +got):\n%s", diff)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		const response = "Tableau returned 403 Forbidden (code 403004): Forbidden. The signed-in user lacks permission"
		client := signedIn(t, &fakeSite{handler: respondForbidden})
		_, err := client.Job(t.Context(), luid, time.Time{})
		if diff := cmp.Diff("failed to get Tableau job "+luid+": "+response, errorText(err)); diff != "" {
			t.Errorf("Job() (-want +got):\n%s", diff)
		}
		_, err = client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
		want := "failed to refresh workbook " + luid + ": " + response + ". The user must be the owner of the item, its project leader, or a site administrator, and the item must have an extract"
		if diff := cmp.Diff(want, errorText(err)); diff != "" {
			t.Errorf("Start() (-want +got):\n%s", diff)
		}
	})
}

// TestClient_throttled checks that the wait time is read from Tableau's text in any language.
func TestClient_throttled(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, detail string
		want         time.Duration
	}{
		{"english", "Too many requests for 'api.rest.refresh_extracts'. Please retry after 29 minutes.", 29 * time.Minute},
		{"german", "Zu viele Anforderungen für 'api.rest.refresh_extracts'. Versuchen Sie es in 29 Minuten erneut.", 29 * time.Minute},
		{"japanese", "'api.rest.refresh_extracts' に対する要求が多すぎます。29 分後に再試行してください。", 29 * time.Minute},
		{"two_numbers", "More than 60 requests. Please retry after 5 minutes.", 5 * time.Minute},
		{"no_number", "Please retry later.", time.Second},
		{"zero", "Please retry after 0 minutes.", time.Second},
		{"too_long", "Please retry after 100000 minutes.", time.Hour},
		{"duration_overflow", "Please retry after 200000000000 minutes.", time.Hour},
		{"number_overflow", "Please retry after 99999999999999999999 minutes.", time.Second},
		{"nothing", "", time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var attempts []rest.Attempt
				throttled := true
				s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					if throttled {
						throttled = false
						respondError(http.StatusTooManyRequests, "429000", "Too Many Requests", tc.detail)(w, r)
						return
					}
					respondXML(`<job id="j"/>`)(w, r)
				}}
				client := signedIn(t, s, func(o *tableau.Options) {
					o.REST.OnRetry = func(a rest.Attempt) { attempts = append(attempts, a) }
				})
				begin := time.Now()
				job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
				if err != nil || job.ID != "j" {
					t.Errorf("Start() = %q, %v, want job j after the wait", job.ID, err)
				}
				if took := time.Since(begin); len(attempts) != 1 || attempts[0].Wait != tc.want || took != tc.want {
					t.Errorf("waited %s in %+v, want %s", took, attempts, tc.want)
				}
			})
		})
	}
}
