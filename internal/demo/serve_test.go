package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// servingDemo is a running demo with -serve.
type servingDemo struct {
	t     *testing.T
	lines chan string
	stop  context.CancelFunc
	code  chan int
}

func startServing(t *testing.T, args ...string) *servingDemo {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	// The services respond only after their line was written, so the buffer is larger than the number of lines that are
	// read.
	s := &servingDemo{t: t, lines: make(chan string, 100), stop: stop, code: make(chan int, 1)}
	go func() {
		s.code <- run(ctx, append([]string{"-serve"}, args...), writer, writer)
		_ = writer.Close()
	}()
	go func() {
		defer close(s.lines)
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	t.Cleanup(stop)
	return s
}

// readUntil returns the lines until one contains text.
func (s *servingDemo) readUntil(text string) string {
	s.t.Helper()
	var read strings.Builder
	for line := range s.lines {
		read.WriteString(line + "\n")
		if strings.Contains(line, text) {
			return read.String()
		}
	}
	s.t.Fatalf("%q was not said in:\n%s", text, &read)
	return ""
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRun_serve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env, ca := filepath.Join(dir, "env"), filepath.Join(dir, "ca.pem")
	s := startServing(t, "-tls", "-listen", "localhost", "-env", env, "-ca", ca)
	s.readUntil("Requests (interrupt to stop)")
	keys, values := parseEnv(readFile(t, env))
	want := []string{
		"DBT_URL", "DBT_TOKEN", "DBT_ACCOUNT_ID", "DBT_JOB_ID",
		"TABLEAU_URL", "TABLEAU_SITE", "TABLEAU_TOKEN_NAME", "TABLEAU_TOKEN_VALUE", "TABLEAU_WORKBOOKS", "TABLEAU_DATASOURCES",
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got := strings.Count(values["TABLEAU_WORKBOOKS"], ","); got != 2 {
		t.Errorf("TABLEAU_WORKBOOKS=%s: want three, separated by commas", values["TABLEAU_WORKBOOKS"])
	}

	if diff := cmp.Diff(http.StatusOK, getAccount(t, values, readFile(t, ca))); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	line := s.readUntil("get-account")
	if !strings.HasSuffix(line, " 200\n") || strings.Contains(line, values["DBT_TOKEN"]) {
		t.Errorf("not a line about one request without its credential:\n%s", line)
	}

	s.stop()
	if diff := cmp.Diff(0, <-s.code); diff != "" {
		t.Errorf("exit code (-want +got):\n%s", diff)
	}
}

func parseEnv(text string) (keys []string, values map[string]string) {
	values = map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		keys = append(keys, key)
		values[key] = value
	}
	return keys, values
}

// getAccount requests the account from dbt, trusting only the authority, and returns the status.
func getAccount(t *testing.T, env map[string]string, authority string) int {
	t.Helper()
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM([]byte(authority))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env["DBT_URL"]+"/api/v2/accounts/"+env["DBT_ACCOUNT_ID"]+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+env["DBT_TOKEN"])
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestWithBlock(t *testing.T) {
	t.Parallel()
	inputs := map[string]string{
		"dbt-url": "https://127.0.0.1:1", "dbt-job-id": "7", "tableau-workbooks": "one\ntwo", "tableau-site": "", caInput: "-----BEGIN\nEND-----\n",
	}
	want := `with:
  dbt-url: https://127.0.0.1:1
  dbt-job-id: 7
  tableau-workbooks: |
    one
    two
  ca-certificate: |
    -----BEGIN
    END-----
`
	if diff := cmp.Diff(want, withBlock(inputOrder[:], inputs)); diff != "" {
		t.Errorf("with block (-want +got):\n%s", diff)
	}
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "env")
	for _, want := range []string{"OLD=1\nOLDER=2\n", "NEW=1\n"} {
		if err := writeFile(path, want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, readFile(t, path)); diff != "" {
			t.Errorf("file (-want +got):\n%s", diff)
		}
	}
	left, err := filepath.Glob(path + ".*")
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files stay behind: %v, %v", left, err)
	}
}
