package report

import (
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// refreshLog tells how the refreshes come along.
type refreshLog struct {
	since, last time.Time
	told        int
	// alike counts the targets by their label.
	alike map[string]int
}

func (l *refreshLog) begin(log *printer, e progress.RefreshesStarting, open []progress.Refresh, now time.Time) {
	l.since, l.last, l.alike = now, now, map[string]int{}
	for _, r := range open {
		l.alike[label(r)]++
	}
	n := len(open)
	text := "refreshing " + number(n, "item")
	if e.Parallel > 0 && e.Parallel < n {
		text += fmt.Sprintf(", %d at a time", e.Parallel)
	}
	log.event("%s", text)
}

// change tells the end of one refresh. Of very many, the good ones are only counted; what comes before the end is.
func (l *refreshLog) change(log *printer, r progress.Refresh, now time.Time) {
	if !r.Status.Ended() {
		return
	}
	if l.told++; l.told > listed && !bad(r.Status) {
		return
	}
	l.last = now
	text := label(r)
	if l.alike[text] > 1 {
		text += " " + r.ID
	}
	text += ": " + state(r.Status)
	if r.Status == progress.StatusSuccess || !r.Running.IsZero() {
		text += fmt.Sprintf(", queued %s, ran %s", words(r.Queued(now)), words(r.Ran(now)))
	}
	if r.Error != "" {
		text += ": " + sanitize.Truncate(notes(r.Error), errorLimit)
	}
	log.event("%s", text)
}

// wait says, after a while, that nothing has ended.
func (l *refreshLog) wait(log *printer, e progress.RefreshesWaiting, now time.Time) {
	if now.Sub(l.last) < quiet(now.Sub(l.since)) {
		return
	}
	l.last = now
	var counts []string
	for _, c := range []struct {
		n    int
		what string
	}{{e.NotStarted, "not started"}, {e.Queued, "queued"}, {e.Running, "running"}, {e.Ended, "ended"}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	log.event("still refreshing after %s: %s", words(now.Sub(l.since)), strings.Join(counts, ", "))
}

// attemptLog tells of requests that failed and are repeated; the same failure again only after a while.
type attemptLog struct {
	since, last time.Time
	what        string
	// next is when the next try is due.
	next time.Time
}

// open is the failure that is being waited out; "" if there is none.
func (l *attemptLog) open(now time.Time) string {
	if now.After(l.next) {
		return ""
	}
	return l.what
}

func (l *attemptLog) failed(log *printer, e progress.AttemptFailed, now time.Time) {
	// Mostly the error names the operation itself.
	failed := "failed to " + e.Operation + ": "
	what := e.Service + ": " + failed + strings.TrimPrefix(e.Err.Error(), failed)
	l.next = now.Add(e.Wait)
	if what != l.what {
		l.since, l.what = now, what
	} else if now.Sub(l.last) < quiet(now.Sub(l.since)) {
		return
	}
	l.last = now
	log.event("%s; next try in %s", sanitize.Truncate(what, errorLimit), words(e.Wait))
}
