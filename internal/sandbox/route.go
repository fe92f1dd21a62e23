package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// reply is an answer that is complete before the first byte of it is written: no lock is held while a client reads.
type reply struct {
	status      int
	contentType string
	location    string
	body        []byte
}

func (rep reply) write(w http.ResponseWriter) {
	if rep.contentType != "" {
		w.Header().Set("Content-Type", rep.contentType)
	}
	if rep.location != "" {
		w.Header().Set("Location", rep.location)
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(rep.body)
}

// route is one call of a service. Its handler runs under the service's lock, after time was brought up to now.
type route struct {
	operation string
	method    string
	path      string
	handle    func(r *http.Request, now time.Time) reply
}

// service ties routes to a lock, a clock and the record. What concerns every call belongs here.
type service struct {
	name     string
	mu       *sync.Mutex
	recorder *recorder
	faults   *faultList
	// advance brings the state up to now, in the order of time.
	advance func(now time.Time)
	// check refuses a request before its handler sees it, or returns nil.
	authorize  func(operation string, r *http.Request, now time.Time) *reply
	notFound   func(r *http.Request, now time.Time) reply
	notAllowed func(r *http.Request, now time.Time) reply
}

// mux knows every call of the service. A verb that a path does not have is refused here, because ServeMux would do it
// in words of its own, unrecorded.
func (s service) mux(routes []route) *http.ServeMux {
	byPath := map[string]methods{}
	notAllowed := s.handler(route{operation: "method-not-allowed", handle: s.notAllowed})
	for _, rt := range routes {
		if byPath[rt.path] == nil {
			byPath[rt.path] = methods{"": notAllowed}
		}
		byPath[rt.path][rt.method] = s.handler(rt)
	}
	mux := http.NewServeMux()
	for path, handlers := range byPath {
		mux.Handle(path, handlers)
	}
	mux.Handle("/", s.handler(route{operation: "unknown", handle: s.notFound}))
	return mux
}

// methods are the handlers of one path by HTTP method; "" is for every other method.
type methods map[string]http.Handler

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler, ok := m[r.Method]
	if !ok {
		handler = m[""]
	}
	handler.ServeHTTP(w, r)
}

func (s service) handler(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := s.recorder.add(s.name, rt.operation, r)
		fault, broken := s.faults.next(s.name, rt.operation)
		var rep reply
		if !broken || fault.Processed {
			rep = s.reply(rt, r)
		}
		s.recorder.setStatus(entry, rep.status)
		if broken {
			fault.respond(w, r, rep)
			return
		}
		rep.write(w)
	})
}

func (s service) reply(rt route, r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	if refused := s.authorize(rt.operation, r, now); refused != nil {
		return *refused
	}
	return rt.handle(r, now)
}

// baseURL is the address that the client used, for the links in an answer.
func baseURL(r *http.Request) string { return scheme(r) + r.Host }

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https://"
	}
	return "http://"
}
