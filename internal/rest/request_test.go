package rest_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestDo_path: a name becomes exactly one path segment.
func TestDo_path(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		base    string
		request rest.Request
		want    string
	}{
		{name: "none", want: "/"},
		{name: "plain", request: rest.Request{Path: []string{"api", "v2", "runs"}}, want: "/api/v2/runs"},
		{name: "slash_at_the_end", request: rest.Request{Path: []string{"api", "v2"}, TrailingSlash: true}, want: "/api/v2/"},
		{name: "slash_inside", request: rest.Request{Path: []string{"sites", "a/b", "jobs"}}, want: "/sites/a%2Fb/jobs"},
		{name: "percent", request: rest.Request{Path: []string{"50%", "%2F"}}, want: "/50%25/%252F"},
		{name: "space_and_plus", request: rest.Request{Path: []string{"a b+c"}}, want: "/a%20b+c"},
		{name: "question_and_hash", request: rest.Request{Path: []string{"a?b#c"}}, want: "/a%3Fb%23c"},
		{name: "not_ascii", request: rest.Request{Path: []string{"Umsätze"}}, want: "/Ums%C3%A4tze"},
		{name: "dots_are_kept", request: rest.Request{Path: []string{"sites", "..", "jobs"}}, want: "/sites/../jobs"},
		{name: "prefix", base: "/tableau", request: rest.Request{Path: []string{"api", "a/b"}}, want: "/tableau/api/a%2Fb"},
		{name: "prefix_with_a_slash", base: "/tableau/", request: rest.Request{Path: []string{"api"}}, want: "/tableau/api"},
		{name: "prefix_to_escape", base: "/my tableau", request: rest.Request{Path: []string{"a/b"}}, want: "/my%20tableau/a%2Fb"},
		{
			name: "query", request: rest.Request{Path: []string{"runs"}, Query: url.Values{"include_related": {`["run_steps"]`}, "filter": {"a:eq:b&c"}}},
			want: "/runs?filter=a%3Aeq%3Ab%26c&include_related=%5B%22run_steps%22%5D",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got string
				client := newClient(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI }),
					func(o *rest.Options) { o.Base.Path = tc.base })
				if _, err := client.Do(t.Context(), tc.request); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("path (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDo_header covers every header that is sent: net/http would repeat a POST with an Idempotency-Key on its own.
func TestDo_header(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		request rest.Request
		want    http.Header
		body    string
	}{
		{
			name: "get", request: rest.Request{Method: http.MethodGet, Accept: "application/json"},
			want: http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"test/1"}},
		},
		{
			name: "post", request: rest.Request{
				Method: http.MethodPost, Once: true, Header: http.Header{"X-Tableau-Auth": {"token"}},
				Body: []byte("<tsRequest/>"), ContentType: "text/xml", Retry: rest.Polling,
			},
			want: http.Header{
				"Accept-Encoding": {"gzip"}, "Content-Length": {"12"}, "Content-Type": {"text/xml"},
				"User-Agent": {"test/1"}, "X-Tableau-Auth": {"token"},
			},
			body: "<tsRequest/>",
		},
		{
			name: "post_without_a_body", request: rest.Request{Method: http.MethodPost, ContentType: "text/xml"},
			want: http.Header{"Accept-Encoding": {"gzip"}, "Content-Length": {"0"}, "User-Agent": {"test/1"}},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var header http.Header
				var body []byte
				client := newClient(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					header = r.Header.Clone()
					body, _ = io.ReadAll(r.Body)
				}))
				if _, err := client.Do(t.Context(), tc.request); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, header); diff != "" {
					t.Errorf("header (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.body, string(body)); diff != "" {
					t.Errorf("body (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDo_requestBodyOfEachAttempt: each attempt sends the whole body.
func TestDo_requestBodyOfEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		sequence := newSequence(respond(429, "", "Retry-After", "1"), respondOK)
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			sequence.ServeHTTP(w, r)
		}))
		request := postRequest()
		request.Retry = rest.Polling
		if _, err := client.Do(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"{}", "{}"}, bodies); diff != "" {
			t.Errorf("bodies (-want +got):\n%s", diff)
		}
	})
}

// TestDo_redirect: a redirect is not followed, because the other host would receive the credentials.
func TestDo_redirect(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		status   int
		location string
		want     string
	}{
		{"permanently", 301, "http://127.0.0.2:80/it", "failed to get it: Example returned 301 Moved Permanently: 127.0.0.1:80 redirects to 127.0.0.2:80. The redirect is not followed, because it would send credentials to 127.0.0.2:80"},
		{"found", 302, "http://127.0.0.2:80/it", "failed to get it: Example returned 302 Found: 127.0.0.1:80 redirects to 127.0.0.2:80. The redirect is not followed, because it would send credentials to 127.0.0.2:80"},
		{"keeping_the_method", 307, "http://127.0.0.2:80/it", "failed to get it: Example returned 307 Temporary Redirect: 127.0.0.1:80 redirects to 127.0.0.2:80. The redirect is not followed, because it would send credentials to 127.0.0.2:80"},
		{"permanently_keeping_the_method", 308, "//127.0.0.2:80", "failed to get it: Example returned 308 Permanent Redirect: 127.0.0.1:80 redirects to 127.0.0.2:80. The redirect is not followed, because it would send credentials to 127.0.0.2:80"},
		{"same_host", 302, "/sign-in", "failed to get it: Example returned 302 Found: 127.0.0.1:80 redirects to 127.0.0.1:80. The redirect is not followed, because it would send credentials to 127.0.0.1:80"},
		{"without_a_location", 302, "", "failed to get it: Example returned 302 Found: 127.0.0.1:80 redirects, but returned no valid URL"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := sandbox.NewNetwork()
				first, other := newSequence(respond(tc.status, "", "Location", tc.location)), newSequence(respondOK)
				mount(t, network, serverAddress, first)
				mount(t, network, "127.0.0.2:80", other)
				client := connect(t, rest.Options{Service: "Example", Base: &url.URL{Scheme: "http", Host: serverAddress}, Dial: network.DialContext})
				request := getRequest()
				request.Header = http.Header{"Authorization": {"Bearer secret"}}
				request.Retry = rest.Polling
				_, err := client.Do(t.Context(), request)
				if diff := cmp.Diff(tc.want, errorText(err)); diff != "" {
					t.Errorf("Do() (-want +got):\n%s", diff)
				}
				if len(first.arrivals()) != 1 || len(other.arrivals()) != 0 {
					t.Errorf("%d requests to the first, %d to the other host, want 1 and 0", len(first.arrivals()), len(other.arrivals()))
				}
			})
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
