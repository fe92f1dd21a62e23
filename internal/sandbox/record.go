package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxBody is how much of a request's body is read and kept, in bytes.
const maxBody = 1 << 20

// Request is one request that a service got.
type Request struct {
	// Service is dbt or tableau.
	Service string
	// Operation is the stable name of the call, such as trigger-run, get-run, sign-in, refresh-workbook, get-job. A
	// call that the service does not know is unknown, one with a wrong verb method-not-allowed, and one that is sent on
	// to the address with a slash at its end append-slash.
	Operation string
	Method    string
	// Path holds the query as well.
	Path   string
	Header http.Header
	// Body is cut at a megabyte.
	Body string
	// Status of the answer; zero as long as there is none.
	Status int
	// Time is when the request came in.
	Time time.Time
}

// Requests returns what both services were asked so far, in the order of arrival.
func (s *Sandbox) Requests() []Request {
	return s.recorder.all()
}

type recorder struct {
	mu       sync.Mutex
	requests []*Request
}

// begin notes a request and leaves r with a body that can be read again.
func (rec *recorder) add(service, operation string, r *http.Request) *Request {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	r.Body = io.NopCloser(bytes.NewReader(body))
	entry := &Request{
		Service:   service,
		Operation: operation,
		Method:    r.Method,
		Path:      r.URL.RequestURI(),
		Header:    r.Header.Clone(),
		Body:      string(body),
		Time:      time.Now(),
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.requests = append(rec.requests, entry)
	return entry
}

func (rec *recorder) setStatus(entry *Request, status int) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	entry.Status = status
}

func (rec *recorder) all() []Request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	copies := make([]Request, 0, len(rec.requests))
	for _, entry := range slices.Clone(rec.requests) {
		request := *entry
		request.Header = entry.Header.Clone()
		copies = append(copies, request)
	}
	return copies
}
