package sandbox

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// reply is a complete response: no lock is held while a client reads it.
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

// route is one call of a service. Its handler runs under the lock of the service, after the state was advanced to now.
type route struct {
	operation string
	method    string
	path      string
	handle    func(r *http.Request, now time.Time) reply
}

// service is common to all calls of a service.
type service struct {
	name     string
	mu       *sync.Mutex
	recorder *recorder
	faults   *faultList
	// clockOffset is the time on the clock of the service minus the real time.
	clockOffset time.Duration
	// advance advances the state to now, in the order of events.
	advance func(now time.Time)
	// authorize returns the response for a request that is refused before its handler runs, or nil.
	authorize  func(operation string, r *http.Request, now time.Time) *reply
	notFound   func(r *http.Request, now time.Time) reply
	notAllowed func(r *http.Request, now time.Time) reply
}

// mux returns the handler of all calls. It also refuses methods that a path does not have: ServeMux would do that in
// its own format, and without a record.
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

// methods are the handlers of one path by HTTP method; "" is for all other methods.
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
		w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
		entry := s.recorder.add(s.name, rt.operation, r)
		fault, broken := s.faults.next(s.name, rt.operation)
		if fault.Repeated {
			s.reply(rt, r)
			r.Body = io.NopCloser(strings.NewReader(entry.Body))
		}
		var rep reply
		if !broken || fault.Processed || fault.Kind == "" || fault.Kind == ForbiddenCharacters {
			rep = s.reply(rt, r)
		}
		s.recorder.setStatus(entry, rep.status)
		if fault.Kind != "" {
			fault.respond(w, r, rep)
			return
		}
		rep.write(w)
	})
}

func (s service) reply(rt route, r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.advance(now)
	if refused := s.authorize(rt.operation, r, now); refused != nil {
		return *refused
	}
	return rt.handle(r, now)
}

// now returns the time on the clock of the service.
func (s service) now() time.Time { return time.Now().Add(s.clockOffset) }

// baseURL returns the URL that the client used, for the links in a response.
func baseURL(r *http.Request) string { return scheme(r) + r.Host }

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https://"
	}
	return "http://"
}
