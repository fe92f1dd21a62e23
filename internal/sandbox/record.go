package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxBody is how much of a request's body is recorded, in bytes.
const maxBody = 1 << 20

// Request is one request that a service received.
type Request struct {
	// Service is dbt or tableau.
	Service string
	// Operation is the stable name of the call, such as trigger-run, get-run, sign-in, refresh-workbook, or get-job. It is
	// "unknown" for an unknown path, "method-not-allowed" for a wrong method, and "append-slash" for a redirect to the path
	// with a trailing slash.
	Operation string
	Method    string
	// Path includes the query.
	Path   string
	Header http.Header
	// Body is at most 1 MiB long.
	Body string
	// Status of the response; zero until it is sent.
	Status int
	// Time is when the request arrived.
	Time time.Time
}

// Requests returns all requests to both services, in the order of arrival.
func (s *Sandbox) Requests() []Request {
	return s.recorder.all()
}

type recorder struct {
	mu       sync.Mutex
	requests []*Request
}

// add records a request, and replaces its body by one that can be read again.
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
