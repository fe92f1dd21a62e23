package main

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// diary tells each request in a line of its own: its time, service, operation and the status of the answer. It shows no
// header and no body, so no credential either.
type diary struct {
	box  *sandbox.Sandbox
	mu   sync.Mutex
	w    io.Writer
	told int
}

// keep tells what h was asked as soon as it has answered.
func (d *diary) keep(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		d.tell()
	})
}

// tell writes the requests that are new, in the order of arrival. One without an answer holds back those behind it, until
// it is told itself.
func (d *diary) tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.box.Requests()[d.told:] {
		if r.Status == 0 {
			return
		}
		d.told++
		fmt.Fprintf(d.w, "%s  %-7s  %-24s %d\n", r.Time.Format(time.TimeOnly), r.Service, r.Operation, r.Status)
	}
}
