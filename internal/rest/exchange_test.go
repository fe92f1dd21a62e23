package rest_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// exchange is a rest.Exchange whose error is a string.
type exchange struct {
	Service, Method, URL string
	Status               int
	Err                  string
	Duration             time.Duration
	RequestID            string
}

func recordExchanges(all *[]exchange) func(*rest.Options) {
	return func(o *rest.Options) {
		o.OnExchange = func(e rest.Exchange) {
			*all = append(*all, exchange{e.Service, e.Method, e.URL, e.Status, errorText(e.Err), e.Duration, e.RequestID})
		}
	}
}

// TestExchange covers the arguments of OnExchange for each attempt, and that the duration includes the body.
func TestExchange(t *testing.T) {
	t.Parallel()

	slowBody := func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(3 * time.Second)
		_, _ = io.WriteString(w, "{}")
	}
	const wantURL = serverAddress + "/a%2Fb"
	cases := []struct {
		name     string
		handlers []http.HandlerFunc
		want     []exchange
	}{
		{"ok", []http.HandlerFunc{respondAfter(time.Second, respond(200, "{}"))}, []exchange{{Status: 200, Duration: time.Second}}},
		{"slow_body", []http.HandlerFunc{slowBody}, []exchange{{Status: 200, Duration: 3 * time.Second}}},
		{"request_id_of_dbt", []http.HandlerFunc{respond(200, "{}", "X-Request-Id", "a1")}, []exchange{{Status: 200, RequestID: "a1"}}},
		{"request_id_of_tableau", []http.HandlerFunc{respond(200, "{}", "X-Tableau-Request-Id", "b2")}, []exchange{{Status: 200, RequestID: "b2"}}},
		{"refused", []http.HandlerFunc{respond(401, "no")}, []exchange{{Status: 401}}},
		{"retried", []http.HandlerFunc{respond(502, "no"), respond(200, "{}")}, []exchange{{Status: 502}, {Status: 200}}},
		{"malformed", []http.HandlerFunc{respond(200, "<html>"), respond(200, "{}")}, []exchange{{Status: 200}, {Status: 200}}},
		{
			"no_response",
			[]http.HandlerFunc{func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, respond(200, "{}")},
			[]exchange{{Err: "timed out after 30s", Duration: 30 * time.Second}, {Status: 200}},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				var got []exchange
				client := newClient(t, newSequence(tc.handlers...), recordExchanges(&got))
				_, _ = client.Do(t.Context(), rest.Request{
					Operation: "try", Method: http.MethodGet, Path: []string{"a/b"}, Query: url.Values{"key": {"secret"}}, Retry: rest.Preflight,
					Decode: func(body []byte) error {
						if string(body) != "{}" {
							return errors.New("malformed")
						}
						return nil
					},
				})
				for i := range tc.want {
					tc.want[i].Service, tc.want[i].Method, tc.want[i].URL = "Example", http.MethodGet, wantURL
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("exchanges (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestExchange_redirect: each redirect is an exchange, without the query, which contains the signature.
func TestExchange_redirect(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		location string
		want     []exchange
	}{
		{"followed", "https://store.test/files/1?signature=secret", []exchange{{URL: "api.test/file", Status: 302}, {URL: "store.test/files/1", Status: 200}}},
		{"unreachable", "https://gone.test/files/1?signature=secret", []exchange{{URL: "api.test/file", Status: 302}, {URL: "gone.test/files/1", Err: "dial tcp gone.test:443: lookup gone.test on 10.0.0.2:53: no such host"}}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				network, authority := sandbox.NewNetwork(), newAuthority(t)
				certificate, err := authority.Certificate("api.test", "store.test")
				if err != nil {
					t.Fatal(err)
				}
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Host == "api.test" {
						respond(http.StatusFound, "", "Location", tc.location)(w, r)
						return
					}
					respond(http.StatusOK, "file")(w, r)
				})
				for _, host := range []string{"api.test:443", "store.test:443"} {
					serve(t, tls.NewListener(network.Listen(host), &tls.Config{Certificates: []tls.Certificate{certificate}}), handler)
				}
				var got []exchange
				options := rest.Options{
					Service: "Example", Base: &url.URL{Scheme: "https", Host: "api.test"}, Dial: network.DialContext, CertificatePEM: authority.PEM(),
				}
				recordExchanges(&got)(&options)
				_, _ = download(t.Context(), connect(t, options))
				for i := range tc.want {
					tc.want[i].Service, tc.want[i].Method = "Example", http.MethodGet
				}
				got = got[:min(len(got), len(tc.want))] // an unreachable host is retried
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("exchanges (-want +got):\n%s", diff)
				}
			})
		})
	}
}
