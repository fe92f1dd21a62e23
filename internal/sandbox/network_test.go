package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := NewNetwork()
		s := New(successScenario())
		dbtURL, tableauURL, stop := s.Serve(network)
		transport := &http.Transport{DialContext: network.DialContext}
		client := &http.Client{Transport: transport}

		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
			fmt.Sprintf("%s/api/v2/accounts/%d/jobs/%d/run/", dbtURL, s.scenario.DBT.ID, s.scenario.DBT.Jobs[0].ID), strings.NewReader(`{"cause":"test"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer sandbox-dbt-token")
		run := fetch(t, client, request)
		info, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tableauURL+"/api/2.4/serverinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		if version := fetch(t, client, info); !strings.Contains(run, `"status_humanized":"Queued"`) || !strings.Contains(version, "<restApiVersion>3.26<") {
			t.Errorf("got %s and %s, want a run and a version", run, version)
		}

		// A run takes an hour of virtual time over a network as well.
		time.Sleep(time.Hour)
		if got, want := s.Runs()[0].Status, 10; got != want {
			t.Errorf("got status %d after an hour, want %d", got, want)
		}
		transport.CloseIdleConnections()
		stop()
		if _, err := network.DialContext(t.Context(), "tcp", dbtAddr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v after the stop, want a refused connection", err)
		}
	})
}

func fetch(t *testing.T, client *http.Client, request *http.Request) string {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := response.Header.Get("Date"), "Sat, 01 Jan 2000 00:00:00 GMT"; got != want {
		t.Errorf("got date %q, want %q", got, want)
	}
	return string(body)
}

func TestNetwork_Dial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := NewNetwork()
		_, err := network.DialContext(t.Context(), "tcp", "127.0.0.1:1")
		if opErr, ok := errors.AsType[*net.OpError](err); !ok || opErr.Op != "dial" || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v without a listener, want a refused connection", err)
		}

		// Without an Accept, the context ends the wait.
		l := network.Listen("127.0.0.1:1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := network.DialContext(ctx, "tcp", "127.0.0.1:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v without an Accept, want the end of the context", err)
		}
		if err := errors.Join(l.Close(), l.Close()); err != nil {
			t.Errorf("failed to close twice: %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v from a closed listener, want net.ErrClosed", err)
		}
		if diff := cmp.Diff([]string{"tcp", "127.0.0.1:1"}, []string{l.Addr().Network(), l.Addr().String()}); diff != "" {
			t.Errorf("address (-want +got):\n%s", diff)
		}
	})
}
