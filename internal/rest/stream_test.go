package rest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// download asks for a file with a credential, and reads all of it.
func download(ctx context.Context, client *rest.Client) (string, error) {
	var text string
	_, err := client.Do(ctx, rest.Request{
		Operation: "get the file", Method: http.MethodGet, Path: []string{"file"}, Header: http.Header{"Authorization": {"Bearer secret"}},
		Retry: rest.RetryTimes{Outage: 2 * time.Minute},
		Read: func(body io.Reader) error {
			all, err := io.ReadAll(body)
			text = string(all)
			return err
		},
	})
	return text, err
}

// TestRead_redirect: a file may be handed out by another host, over https, which sees no credential.
func TestRead_redirect(t *testing.T) {
	t.Parallel()

	redirect := func(to string) http.HandlerFunc { return respond(http.StatusFound, "", "Location", to) }
	cases := []struct {
		name string
		from http.HandlerFunc
		to   http.HandlerFunc
		want string
		// seen is what came beside the first request, with its credentials.
		seen     []string
		wantKind string
	}{
		{name: "none", from: respond(200, "file"), want: "file"},
		{name: "to_another_host", from: redirect("https://store.test/signed?key=1"), to: respond(200, "file"), want: "file", seen: []string{"store.test/signed?key=1 "}},
		{name: "on_the_same_host", from: redirect("/elsewhere"), to: respond(200, "file"), want: "file", seen: []string{"api.test/elsewhere "}},
		{name: "without_tls", from: redirect("http://store.test/file"), wantKind: "status 302"},
		{name: "to_nowhere", from: respond(http.StatusFound, ""), wantKind: "status 302"},
		{name: "in_a_circle", from: redirect("https://store.test/0"), to: redirect("https://store.test/1"), seen: []string{"store.test/0 ", "store.test/1 ", "store.test/1 "}, wantKind: "status 302"},
		{name: "to_a_refusal", from: redirect("https://store.test/file"), to: respond(http.StatusForbidden, "expired"), seen: []string{"store.test/file "}, wantKind: "status 403"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := sandbox.NewNetwork()
				authority := newAuthority(t)
				certificate, err := authority.Certificate("api.test", "store.test")
				if err != nil {
					t.Fatal(err)
				}
				var first string
				var seen []string
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					came := r.Host + r.RequestURI + " " + r.Header.Get("Authorization")
					if first == "" {
						first = came
						tc.from(w, r)
						return
					}
					seen = append(seen, came)
					tc.to(w, r)
				})
				for _, host := range []string{"api.test:443", "store.test:443"} {
					serve(t, tls.NewListener(network.Listen(host), &tls.Config{Certificates: []tls.Certificate{certificate}}), handler)
				}
				client := connect(t, rest.Options{
					Service: "Example", Base: &url.URL{Scheme: "https", Host: "api.test"}, Dial: network.DialContext, CertificatePEM: authority.PEM(),
				})
				got, err := download(t.Context(), client)
				if got != tc.want || errorKind(err) != tc.wantKind {
					t.Errorf("got %q, %v, want %q, %s", got, err, tc.want, tc.wantKind)
				}
				if want := "api.test/file Bearer secret"; first != want {
					t.Errorf("the first request was %q, want %q", first, want)
				}
				if diff := cmp.Diff(tc.seen, seen); diff != "" {
					t.Errorf("further requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestRead_pauses: a file is bounded by its pauses, and not by the time that it takes.
func TestRead_pauses(t *testing.T) {
	t.Parallel()

	trickle := func(pause time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for range 10 {
				_, _ = io.WriteString(w, "slow ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-time.After(pause):
				case <-r.Context().Done():
					return
				}
			}
		}
	}
	cases := []struct {
		name     string
		pause    time.Duration
		want     string
		wantKind string
	}{
		{"slow", 25 * time.Second, strings.Repeat("slow ", 10), ""},
		{"silent", 35 * time.Second, "", "transport, sent"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, err := download(t.Context(), newClient(t, trickle(tc.pause)))
				if kind := errorKind(err); kind != tc.wantKind {
					t.Fatalf("error %v is %s, want %s", err, kind, tc.wantKind)
				}
				if err == nil && got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		})
	}
}

// TestRead_reader: what the reader thinks of a file is final; a connection that breaks is not.
func TestRead_reader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newScript(abort, respond(http.StatusServiceUnavailable, ""), respond(200, "file"))
		client := newClient(t, server)
		if got, err := download(t.Context(), client); got != "file" || err != nil {
			t.Errorf("got %q, %v, want the file", got, err)
		}
		full := errors.New("no space left")
		before := len(server.arrivals())
		_, err := client.Do(t.Context(), rest.Request{
			Operation: "get the file", Method: http.MethodGet, Retry: rest.Polling, Read: func(io.Reader) error { return full },
		})
		if !errors.Is(err, full) {
			t.Errorf("error %v, want %v", err, full)
		}
		if got := len(server.arrivals()) - before; got != 1 {
			t.Errorf("%d requests, want 1: another one would end in the same way", got)
		}
	})
}

// TestRead_large: what comes is handed on as it comes; nothing waits for the end of a large file.
func TestRead_large(t *testing.T) {
	t.Parallel()
	const half = 32 << 20
	synctest.Test(t, func(t *testing.T) {
		begun := make(chan struct{})
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.CopyN(w, zeros{}, half)
			<-begun
			_, _ = io.CopyN(w, zeros{}, half)
		}))
		total := 0
		_, err := client.Do(t.Context(), rest.Request{Operation: "get the file", Method: http.MethodGet, Read: func(body io.Reader) error {
			first, err := io.CopyN(io.Discard, body, half)
			if err != nil {
				return err
			}
			close(begun)
			rest, err := io.Copy(io.Discard, body)
			total = int(first + rest)
			return err
		}})
		if err != nil || total != 2*half {
			t.Errorf("read %d bytes, want %d: %v", total, 2*half, err)
		}
	})
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
