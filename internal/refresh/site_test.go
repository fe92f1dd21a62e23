package refresh

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/tableau"
)

// newSite is a site with ten workbooks and two data sources, each of which takes a minute to refresh, and tasks 1 and 2 that
// refresh the first data source.
func newSite() sandbox.Scenario {
	scenario, _ := sandbox.Find("success")
	scenario = scenario.Faster(1)
	site := &scenario.Tableau
	site.Workbooks, site.DataSources = nil, nil
	for i := range 10 {
		site.Workbooks = append(site.Workbooks, sandbox.Item{LUID: workbookLUID(i), Name: fmt.Sprint("Book ", i), Project: site.Projects[0].LUID, Duration: time.Minute})
	}
	for i := range 2 {
		site.DataSources = append(site.DataSources, sandbox.Item{LUID: sourceLUID(i), Name: fmt.Sprint("Source ", i), Project: site.Projects[0].LUID, Duration: time.Minute})
	}
	for i := range 2 {
		site.Tasks = append(site.Tasks, sandbox.Task{LUID: taskLUID(i), Target: sourceLUID(0)})
	}
	return scenario
}

func workbookLUID(i int) string { return fmt.Sprintf("b00c0000-0000-4000-8000-%012d", i) }
func sourceLUID(i int) string   { return fmt.Sprintf("da7a0000-0000-4000-8000-%012d", i) }
func taskLUID(i int) string     { return fmt.Sprintf("7a5c0000-0000-4000-8000-%012d", i) }

func newTarget(name string, start tableau.Target) Target {
	return Target{Row: &progress.Refresh{Type: start.Type, ID: start.ID, Name: name, Status: progress.StatusNotStarted}, Start: start}
}

// workbook is the target of a workbook that depends on some of the data sources.
func workbook(i int, sources ...int) Target {
	target := newTarget(fmt.Sprint("Book ", i), tableau.Target{Type: content.Workbook, ID: workbookLUID(i)})
	for _, source := range sources {
		target.After = append(target.After, sourceLUID(source))
	}
	return target
}

func workbooks(n int) []Target {
	var targets []Target
	for i := range n {
		targets = append(targets, workbook(i))
	}
	return targets
}

func source(i int) Target {
	return newTarget(fmt.Sprint("Source ", i), tableau.Target{Type: content.Datasource, ID: sourceLUID(i)})
}

func bridgeSource(i int) Target {
	target := source(i)
	target.Start.UsesBridge = true
	return target
}

func sourceTask(i int) Target {
	return newTarget(fmt.Sprint("Task ", i), tableau.Target{Type: content.Task, ID: taskLUID(i), ItemType: content.Datasource, ItemID: sourceLUID(0)})
}

// listed marks a target as selected by its name.
func listed(target Target) Target {
	target.Listed = true
	return target
}

// ended marks a target as failed before Run.
func ended(target Target) Target {
	target.Row.Status, target.Row.Error = progress.StatusFailed, "not found"
	return target
}

// skipped marks a target as skipped before Run because it has no extract.
func skipped(target Target) Target {
	target.Row.SetSkipped(progress.SkipNoExtract, progress.NoExtract)
	return target
}

// recorder records events and warnings.
type recorder struct {
	events   []progress.Event
	warnings []string
}

func (r *recorder) Observe(e progress.Event) { r.events = append(r.events, e) }

func (r *recorder) warn(text string) { r.warnings = append(r.warnings, text) }

// text returns warnings, notes, and errors of rows, one per line.
func (r *recorder) text(targets []Target) string {
	lines := slices.Clone(r.warnings)
	for _, e := range r.events {
		if note, ok := e.(progress.Noted); ok {
			lines = append(lines, note.Text)
		}
	}
	for _, target := range targets {
		lines = append(lines, target.Row.Error)
	}
	return strings.Join(lines, "\n")
}

// statuses describes the rows.
func statuses(targets []Target) []string {
	var all []string
	for _, target := range targets {
		all = append(all, fmt.Sprintf("%s: %s", target.Row.Name, target.Row.Status))
	}
	return all
}

// slow delays each response.
func slow(latency time.Duration) func(http.Handler) http.Handler {
	return func(tableau http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tableau.ServeHTTP(w, r)
			time.Sleep(latency)
		})
	}
}

// refusing rejects the requests from first to last, counted from 1, whose path contains path.
func refusing(path string, first, last int, status int) func(http.Handler) http.Handler {
	return func(tableau http.Handler) http.Handler {
		var mu sync.Mutex
		n := 0
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(r.URL.Path, path) {
				if n++; n >= first && n <= last {
					w.WriteHeader(status)
					return
				}
			}
			tableau.ServeHTTP(w, r)
		})
	}
}

// hidingJobs returns an empty list of jobs for the given time.
func hidingJobs(d time.Duration) func(http.Handler) http.Handler {
	return func(tableau http.Handler) http.Handler {
		begin := time.Now()
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/jobs") && time.Since(begin) < d {
				_, _ = io.WriteString(w, "<tsResponse><backgroundJobs/></tsResponse>")
				return
			}
			tableau.ServeHTTP(w, r)
		})
	}
}

// serve starts the sandbox behind an optional handler, and returns a signed-in client. Call it in a synctest bubble.
func serve(t *testing.T, box *sandbox.Sandbox, front func(http.Handler) http.Handler) *tableau.Client {
	t.Helper()
	network := sandbox.NewNetwork()
	address := "127.0.0.1:80"
	listener := network.Listen(address)
	server := &http.Server{Handler: box.Tableau()}
	if front != nil {
		server.Handler = front(server.Handler)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	site := newSite().Tableau
	client, err := tableau.New(tableau.Options{
		REST: rest.Options{Base: &url.URL{Scheme: "http", Host: address}, Dial: network.DialContext}, Site: site.ContentURL,
		Credentials: tableau.Credentials{TokenName: site.TokenName, TokenValue: site.TokenValue}, Version: tableau.Version{Major: 3, Minor: 26},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		_ = server.Close()
		serving.Wait()
	})
	if err := client.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return client
}

// requestCount counts the requests of an operation.
func requestCount(box *sandbox.Sandbox, operation string) int {
	n := 0
	for _, r := range box.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// checkStarts checks that n workbook refreshes were requested.
func checkStarts(n int) func(*testing.T, *sandbox.Sandbox) {
	return func(t *testing.T, box *sandbox.Sandbox) {
		t.Helper()
		if got := requestCount(box, "refresh-workbook"); got != n {
			t.Errorf("%d starts, want %d", got, n)
		}
	}
}

// limited returns a context that ends after d because of tableau-timeout.
func limited(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, &progress.LimitError{Input: "tableau-timeout", After: d})
}
