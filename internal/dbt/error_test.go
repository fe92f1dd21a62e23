package dbt_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestErrors checks the error texts, which contain dbt's response and a fix. The requests are not retried.
func TestErrors(t *testing.T) {
	t.Parallel()

	const (
		failed     = "failed to get dbt run 36053848: dbt returned "
		wrongToken = ". Check dbt-token. It might be wrong or expired, or belong to another region or account than 127.0.0.1:80. " +
			"dbt also returns 401 if IP restrictions block this runner"
		noPermission = ". Check the permissions of dbt-token"
		notFound     = ". Check dbt-account-id, dbt-job-id, or dbt-run-id. dbt also returns 404 if the token has no access"
		wrongURL     = ". Check dbt-url: it should be the account's access URL, such as https://ab123.us1.dbt.com"
	)
	page := func(status int) http.HandlerFunc {
		return respond(status, "<!doctype html><title>Company portal</title>")
	}
	cases := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{
			"unauthorized", respond(401, `{"status":{"code":401,"is_success":false,"user_message":"Unauthorized: Invalid or expired token.","developer_message":""},"data":null}`),
			failed + "401 Unauthorized: Unauthorized: Invalid or expired token" + wrongToken,
		},
		{
			"forbidden", respond(403, `{"status":{"code":403,"user_message":"Forbidden: You do not have permission."},"data":{}}`),
			failed + "403 Forbidden: Forbidden: You do not have permission" + noPermission,
		},
		{
			"not_found", respond(404, `{"status":{"code":404,"user_message":"The requested resource was not found."},"data":null}`),
			failed + "404 Not Found: The requested resource was not found" + notFound,
		},
		{"not_found_page", page(404), failed + "404 Not Found: a web page (Company portal) instead of an API response" + wrongURL},
		{
			"conflict", respond(409, `{"status":{"user_message":"This run was retried already."},"data":null}`),
			failed + "409 Conflict: This run was retried already",
		},
		{
			"throttled", respond(429, `{"detail":"Request was throttled."}`),
			failed + "429 Too Many Requests: Request was throttled. The account's limit is 5,000 requests per minute, and another client is using it up",
		},
		{"explanation_of_the_framework", respond(405, `{"detail":"Method \"GET\" not allowed."}`), failed + `405 Method Not Allowed: Method "GET" not allowed`},
		{
			"validation_text", respond(400, `{"status":{"user_message":"Bad request."},"data":"git_sha: too short."}`),
			failed + "400 Bad Request: Bad request. git_sha: too short",
		},
		{
			"validation_fields", respond(400, `{"status":{"user_message":""},"data":{"cause":["This field is required."]}}`),
			failed + `400 Bad Request: {"cause":["This field is required."]}`,
		},
		{"body_that_is_not_json", respond(400, "upstream said no\nand more"), failed + "400 Bad Request: upstream said no" + wrongURL},
		{"json_of_another_service", respond(404, `{"timestamp":1,"status":404,"error":"Not Found"}`), failed + `404 Not Found: {"timestamp":1,"status":404,"error":"Not Found"}` + wrongURL},
		{"unauthorized_by_another_service", respond(401, "Unauthorized"), failed + "401 Unauthorized: Unauthorized" + wrongURL},
		{"empty_body", respond(400, ""), failed + "400 Bad Request" + wrongURL},
		{
			"refused_with_status_200", respond(200, `{"status":{"code":403,"is_success":false,"user_message":"Not yours."},"data":{"id":1}}`),
			failed + "403 Forbidden: Not yours." + noPermission,
		},
		{
			"page_with_status_200", page(200),
			"failed to get dbt run 36053848: 127.0.0.1:80 did not return a valid dbt response: received a web page (Company portal)" + wrongURL,
		},
		{
			"redirect", func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://ab123.us1.dbt.com/", http.StatusFound)
			},
			failed + "302 Found: 127.0.0.1:80 redirects to ab123.us1.dbt.com. The redirect is not followed, because it would send credentials to ab123.us1.dbt.com. " +
				"Set dbt-url to the account's access URL",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := newClient(t, tc.handler).FindRun(t.Context(), 36053848, rest.RetryTimes{})
				if diff := cmp.Diff(tc.want, errorText(err)); diff != "" {
					t.Errorf("FindRun() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestErrors_reached checks that errors no longer suggest to check the URL once dbt has responded.
func TestErrors_reached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := true
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if first {
				respond(200, `{"status":{"code":200},"data":{"id":43167}}`)(w, r)
			} else {
				respond(404, "<html></html>")(w, r)
			}
			first = false
		}))
		if _, err := getJob(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		if _, err := getJob(t.Context(), client); err == nil || strings.Contains(err.Error(), "dbt-url") {
			t.Errorf("Job() = %v, want an error without dbt-url", err)
		}
	})
}

func TestErrors_unreachable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := rest.Options{Base: &url.URL{Scheme: "http", Host: serverAddress}, Dial: sandbox.NewNetwork().DialContext}
		client, err := dbt.New(options, "token", accountID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = getJob(t.Context(), client)
		want := "failed to get dbt job 43167: dbt can't be reached at 127.0.0.1:80: dial tcp 127.0.0.1:80: connection refused. " +
			"Check dbt-url, and that this runner can reach 127.0.0.1:80"
		if diff := cmp.Diff(want, errorText(err)); diff != "" {
			t.Errorf("Job() (-want +got):\n%s", diff)
		}
	})
}
