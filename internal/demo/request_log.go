package main

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// requestLog writes a line for each request: time, service, operation, and status. It writes no headers and bodies, and
// so no credentials.
type requestLog struct {
	sandbox *sandbox.Sandbox
	mu      sync.Mutex
	w       io.Writer
	written int
}

// wrap logs the requests to h after the response.
func (l *requestLog) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		l.writeNew()
	})
}

// writeNew writes the new requests in the order of arrival, up to the first one without a response.
func (l *requestLog) writeNew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.sandbox.Requests()[l.written:] {
		if r.Status == 0 {
			return
		}
		l.written++
		fmt.Fprintf(l.w, "%s  %-7s  %-24s %d\n", r.Time.Format(time.TimeOnly), r.Service, r.Operation, r.Status)
	}
}
