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

// heard keeps what is told of exchanges, with errors as texts.
type heard struct {
	Service, Method, Address string
	Status                   int
	Err                      string
	Took                     time.Duration
	RequestID                string
}

func hear(all *[]heard) func(*rest.Options) {
	return func(o *rest.Options) {
		o.OnExchange = func(e rest.Exchange) {
			h := heard{e.Service, e.Method, e.URL, e.Status, "", e.Duration, e.RequestID}
			if e.Err != nil {
				h.Err = e.Err.Error()
			}
			*all = append(*all, h)
		}
	}
}

// TestExchange tells of each attempt: what came of it, and how long the whole answer took.
func TestExchange(t *testing.T) {
	t.Parallel()

	after := func(pause time.Duration, next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(pause)
			next(w, r)
		}
	}
	slowBody := func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(3 * time.Second)
		_, _ = io.WriteString(w, "{}")
	}
	const place = address + "/a%2Fb"
	cases := []struct {
		name     string
		handlers []http.HandlerFunc
		want     []heard
	}{
		{"ok", []http.HandlerFunc{after(time.Second, respond(200, "{}"))}, []heard{{Status: 200, Took: time.Second}}},
		{"slow_body", []http.HandlerFunc{slowBody}, []heard{{Status: 200, Took: 3 * time.Second}}},
		{"id_of_dbt", []http.HandlerFunc{respond(200, "{}", "X-Request-Id", "a1")}, []heard{{Status: 200, RequestID: "a1"}}},
		{"id_of_tableau", []http.HandlerFunc{respond(200, "{}", "X-Tableau-Request-Id", "b2")}, []heard{{Status: 200, RequestID: "b2"}}},
		{"refused", []http.HandlerFunc{respond(401, "no")}, []heard{{Status: 401}}},
		{"again", []http.HandlerFunc{respond(502, "no"), respond(200, "{}")}, []heard{{Status: 502}, {Status: 200}}},
		{"garbage", []http.HandlerFunc{respond(200, "<html>"), respond(200, "{}")}, []heard{{Status: 200}, {Status: 200}}},
		{
			"no_answer",
			[]http.HandlerFunc{func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, respond(200, "{}")},
			[]heard{{Err: "no answer within 30s", Took: 30 * time.Second}, {Status: 200}},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				var got []heard
				client := newClient(t, newScript(tc.handlers...), hear(&got))
				_, _ = client.Do(t.Context(), rest.Request{
					Operation: "try", Method: http.MethodGet, Path: []string{"a/b"}, Query: url.Values{"key": {"secret"}}, Retry: rest.Preflight,
					Decode: func(body []byte) error {
						if string(body) != "{}" {
							return errors.New("not an answer")
						}
						return nil
					},
				})
				for i := range tc.want {
					tc.want[i].Service, tc.want[i].Method, tc.want[i].Address = "Example", http.MethodGet, place
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("exchanges (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestExchange_redirect tells of each hop, and of none the query: it holds the signature.
func TestExchange_redirect(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		to   string
		want []heard
	}{
		{"followed", "https://store.test/files/1?signature=secret", []heard{{Address: "api.test/file", Status: 302}, {Address: "store.test/files/1", Status: 200}}},
		{"unreachable", "https://gone.test/files/1?signature=secret", []heard{{Address: "api.test/file", Status: 302}, {Address: "gone.test/files/1", Err: "dial tcp gone.test:443: connection refused"}}},
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
						respond(http.StatusFound, "", "Location", tc.to)(w, r)
						return
					}
					respond(http.StatusOK, "file")(w, r)
				})
				for _, host := range []string{"api.test:443", "store.test:443"} {
					serve(t, tls.NewListener(network.Listen(host), &tls.Config{Certificates: []tls.Certificate{certificate}}), handler)
				}
				var got []heard
				options := rest.Options{
					Service: "Example", Base: &url.URL{Scheme: "https", Host: "api.test"}, Dial: network.DialContext, CertificatePEM: authority.PEM(),
				}
				hear(&got)(&options)
				_, _ = download(t.Context(), connect(t, options))
				for i := range tc.want {
					tc.want[i].Service, tc.want[i].Method = "Example", http.MethodGet
				}
				got = got[:min(len(got), len(tc.want))] // an unreachable host is tried again
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("exchanges (-want +got):\n%s", diff)
				}
			})
		})
	}
}
