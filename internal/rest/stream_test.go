package rest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
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

// download requests a file with credentials, and reads all of it.
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

// TestRead_redirect: a download can be redirected to another host, over https, which receives no credentials.
func TestRead_redirect(t *testing.T) {
	t.Parallel()

	redirect := func(to string) http.HandlerFunc { return respond(http.StatusFound, "", "Location", to) }
	cases := []struct {
		name     string
		first    http.HandlerFunc // handles the first request
		further  http.HandlerFunc // handles all others
		want     string
		wantSeen []string // the further requests, each with its credentials
		wantKind string
	}{
		{name: "none", first: respond(200, "file"), want: "file"},
		{name: "to_another_host", first: redirect("https://store.test/signed?key=1"), further: respond(200, "file"), want: "file", wantSeen: []string{"store.test/signed?key=1 "}},
		{name: "on_the_same_host", first: redirect("/elsewhere"), further: respond(200, "file"), want: "file", wantSeen: []string{"api.test/elsewhere "}},
		{name: "without_tls", first: redirect("http://store.test/file"), wantKind: "status 302"},
		{name: "without_a_location", first: respond(http.StatusFound, ""), wantKind: "status 302"},
		{name: "in_a_loop", first: redirect("https://store.test/0"), further: redirect("https://store.test/1"), wantSeen: []string{"store.test/0 ", "store.test/1 ", "store.test/1 "}, wantKind: "status 302"},
		{name: "to_a_refusal", first: redirect("https://store.test/file"), further: respond(http.StatusForbidden, "expired"), wantSeen: []string{"store.test/file "}, wantKind: "status 403"},
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
				var further []string
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					request := r.Host + r.RequestURI + " " + r.Header.Get("Authorization")
					if first == "" {
						first = request
						tc.first(w, r)
						return
					}
					further = append(further, request)
					tc.further(w, r)
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
				if diff := cmp.Diff(tc.wantSeen, further); diff != "" {
					t.Errorf("further requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestRead_idleLimit: a download is limited by the time without data, and not by its total time.
func TestRead_idleLimit(t *testing.T) {
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
		{"stalled", 35 * time.Second, "", "transport, sent"},
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

// TestRead_errors: an error of Read is final, while a broken connection is retried.
func TestRead_errors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newSequence(abortConnection, respond(http.StatusServiceUnavailable, ""), respond(200, "file"))
		client := newClient(t, server)
		if got, err := download(t.Context(), client); got != "file" || err != nil {
			t.Errorf("got %q, %v, want the file", got, err)
		}
		diskFull := errors.New("no space left")
		before := len(server.arrivals())
		_, err := client.Do(t.Context(), rest.Request{
			Operation: "get the file", Method: http.MethodGet, Retry: rest.Polling, Read: func(io.Reader) error { return diskFull },
		})
		if !errors.Is(err, diskFull) {
			t.Errorf("error %v, want %v", err, diskFull)
		}
		if got := len(server.arrivals()) - before; got != 1 {
			t.Errorf("%d requests, want 1", got)
		}
	})
}

// TestRead_malformed: a file that can't be read is requested again, and the error is about the file, not the host.
func TestRead_malformed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := respond(200, "page")
		reads := 0
		_, err := newClient(t, server).Do(t.Context(), rest.Request{
			Operation: "get the file", Method: http.MethodGet, Retry: rest.RetryTimes{Malformed: 2 * time.Second},
			Read: func(io.Reader) error {
				reads++
				return fmt.Errorf("%w: no JSON", rest.ErrMalformed)
			},
		})
		if want := "failed to get the file: invalid content: no JSON"; err == nil || err.Error() != want || reads < 2 {
			t.Errorf("error %v after %d reads, want %q after several", err, reads, want)
		}
	})
}

// TestRead_large: Read receives the body while it arrives.
func TestRead_large(t *testing.T) {
	t.Parallel()
	const half = 32 << 20
	synctest.Test(t, func(t *testing.T) {
		halfRead := make(chan struct{})
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.CopyN(w, zeroReader{}, half)
			<-halfRead
			_, _ = io.CopyN(w, zeroReader{}, half)
		}))
		total := 0
		_, err := client.Do(t.Context(), rest.Request{Operation: "get the file", Method: http.MethodGet, Read: func(body io.Reader) error {
			first, err := io.CopyN(io.Discard, body, half)
			if err != nil {
				return err
			}
			close(halfRead)
			rest, err := io.Copy(io.Discard, body)
			total = int(first + rest)
			return err
		}})
		if err != nil || total != 2*half {
			t.Errorf("read %d bytes, want %d: %v", total, 2*half, err)
		}
	})
}

// zeroReader reads zeros without end.
type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
