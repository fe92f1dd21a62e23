package sandbox

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Fault makes a call fail.
type Fault struct {
	// Service is dbt or tableau; Operation is one of its calls, as in Request.
	Service, Operation string
	Kind               FaultKind
	// Times is how often the call fails; 0 means always. For is how long it fails, counted from the first time; 0 means
	// forever.
	Times int
	For   time.Duration
	// Processed is true when the service processes the call, and only the response is faulty.
	Processed bool
	// Repeated is true if a proxy sends the request a second time, and returns the second response. Kind can be empty then.
	Repeated bool
}

// FaultKind is what happens instead of the response.
type FaultKind string

// The kinds of faults.
const (
	Reset          FaultKind = "reset"           // the connection breaks
	Hang           FaultKind = "hang"            // no response until the client disconnects
	EmptyBody      FaultKind = "empty-body"      // status 200 without a body
	CutBody        FaultKind = "cut-body"        // status 200 and half of the announced body
	Malformed      FaultKind = "malformed"       // status 200 and neither JSON nor XML
	WebPage        FaultKind = "web-page"        // status 200 and a web page
	BadGateway     FaultKind = "bad-gateway"     // status 502 and a web page
	Unavailable    FaultKind = "unavailable"     // status 503 and a web page
	GatewayTimeout FaultKind = "gateway-timeout" // status 504 and a web page
	ServerError    FaultKind = "server-error"    // status 500 in the format of the service
	Throttled      FaultKind = "throttled"       // status 429 in the format of the service, without a header
	ThrottledFor   FaultKind = "throttled-for"   // status 429 with Retry-After of 7 seconds
	Unauthorized   FaultKind = "unauthorized"    // status 401 in the format of the service
	Forbidden      FaultKind = "forbidden"       // status 403 in the format of the service
	NotFound       FaultKind = "not-found"       // status 404 in the format of the service
	Redirect       FaultKind = "redirect"        // status 302 to another host
	Endless        FaultKind = "endless"         // status 200 and a body that never ends
	HugeError      FaultKind = "huge-error"      // status 500 and a body of 32 MiB

	OtherJSON         FaultKind = "other-json"         // status 200 and JSON of another service
	UnauthorizedPage  FaultKind = "unauthorized-page"  // status 401 and a web page
	ForbiddenPage     FaultKind = "forbidden-page"     // status 403 and a web page
	NotFoundPage      FaultKind = "not-found-page"     // status 404 and a web page
	TemporaryRedirect FaultKind = "temporary-redirect" // status 307 to another host
	// The service processes the call. Its XML has characters that XML 1.0 forbids.
	ForbiddenCharacters FaultKind = "forbidden-characters"
)

// The kinds of faults of the Metadata API alone.
const (
	QueryFailure FaultKind = "query-failure" // status 200 and an internal error
	InvalidQuery FaultKind = "invalid-query" // status 200 and an error of the query
)

// FaultKinds returns all kinds that any call can have.
func FaultKinds() []FaultKind {
	return []FaultKind{
		Reset, Hang, EmptyBody, CutBody, Malformed, WebPage, BadGateway, Unavailable, GatewayTimeout, ServerError, Throttled,
		ThrottledFor, Unauthorized, Forbidden, NotFound, Redirect, Endless, HugeError, OtherJSON, UnauthorizedPage,
		ForbiddenPage, NotFoundPage, TemporaryRedirect, ForbiddenCharacters,
	}
}

// IsRefusal reports whether the response means that the call was not processed.
func (k FaultKind) IsRefusal() bool {
	switch k {
	case Throttled, ThrottledFor, Unauthorized, Forbidden, NotFound, Redirect,
		UnauthorizedPage, ForbiddenPage, NotFoundPage, TemporaryRedirect:
		return true
	}
	return false
}

// AddFault makes a call fail from now on.
func (s *Sandbox) AddFault(f Fault) { s.faults.add(f) }

// ClearFaults removes all faults.
func (s *Sandbox) ClearFaults() { s.faults.clear() }

// faultList contains the faults that have not ended.
type faultList struct {
	mu     sync.Mutex
	active []*activeFault
}

type activeFault struct {
	Fault
	count   int
	firstAt time.Time
}

// isActive reports whether the fault has not ended.
func (p *activeFault) isActive() bool {
	return (p.Times == 0 || p.count < p.Times) && (p.For == 0 || p.count == 0 || time.Since(p.firstAt) < p.For)
}

func (f *faultList) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = append(f.active, &activeFault{Fault: fault})
}

func (f *faultList) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = nil
}

// next returns the fault of the next call, if there is one.
func (f *faultList) next(service, operation string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.active {
		if p.Service == service && p.Operation == operation && p.isActive() {
			if p.count++; p.count == 1 {
				p.firstAt = time.Now()
			}
			return p.Fault, true
		}
	}
	return Fault{}, false
}

// respond sends the faulty response instead of rep, the response of the service.
func (f Fault) respond(w http.ResponseWriter, r *http.Request, rep reply) {
	switch f.Kind {
	case Reset:
		resetConnection(w)
	case Hang:
		<-r.Context().Done()
	case CutBody:
		if rep.status == 0 {
			rep = f.reply()
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(rep.body)+100))
		rep.body = rep.body[:len(rep.body)/2]
		rep.write(w)
		resetConnection(w)
	case Endless:
		streamBody(w, r, http.StatusOK, -1)
	case HugeError:
		streamBody(w, r, http.StatusInternalServerError, 32<<20)
	case Redirect:
		reply{status: http.StatusFound, location: "https://elsewhere.example" + r.URL.Path}.write(w)
	case TemporaryRedirect:
		reply{status: http.StatusTemporaryRedirect, location: "https://elsewhere.example" + r.URL.Path}.write(w)
	case ForbiddenCharacters:
		rep.body = bytes.Replace(rep.body, []byte("</tsResponse>"), []byte(forbiddenCharacters+"</tsResponse>"), 1)
		rep.write(w)
	case ThrottledFor:
		w.Header().Set("Retry-After", "7")
		f.reply().write(w)
	default:
		f.reply().write(w)
	}
}

// forbiddenCharacters are some that XML 1.0 forbids, as bytes and as references, at all places where text can be.
const forbiddenCharacters = "<warnings><warning message=\"&#11;\x0b&#x1B;\x1b&#0;\x00\xff&#55357;&#56842;&#55357;&#xFFFE;\">&#x1f;\x1f</warning></warnings>" +
	"<!-- &#11;\x0b --><![CDATA[&#11;\x0b]]>\x00"

// resetConnection closes the connection, with a reset if it is a TCP connection.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 does not expose the connection
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// Sizes of what streamBody writes, in bytes.
const (
	blockSize   = 64 << 10
	trickleSize = 1 << 10 // per second
)

// streamBody writes size bytes as fast as they are read. If size is negative, it writes a little each second until the
// client disconnects.
func streamBody(w http.ResponseWriter, r *http.Request, status, size int) {
	text := bytes.Repeat([]byte("x"), blockSize)
	if size < 0 {
		text = text[:trickleSize]
	}
	w.WriteHeader(status)
	for sent := 0; size < 0 || sent < size; sent += blockSize {
		if _, err := w.Write(text); err != nil {
			return
		}
		if size >= 0 {
			continue
		}
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
	}
}

// reply returns the response of a kind that is a complete response.
func (f Fault) reply() reply {
	page := func(status int) reply {
		text := fmt.Sprintf("<!DOCTYPE html><html><head><title>%d %s</title></head><body>Sorry.</body></html>", status, http.StatusText(status))
		return reply{status: status, contentType: "text/html", body: []byte(text)}
	}
	switch f.Kind {
	case EmptyBody:
		return reply{status: http.StatusOK}
	case CutBody:
		return reply{status: http.StatusOK, contentType: "text/plain", body: []byte("what is left of an answer")}
	case Malformed:
		return reply{status: http.StatusOK, contentType: "application/octet-stream", body: []byte("\x00\x01\xff{<garbage")}
	case WebPage:
		return page(http.StatusOK)
	case BadGateway:
		return page(http.StatusBadGateway)
	case Unavailable:
		return page(http.StatusServiceUnavailable)
	case GatewayTimeout:
		return page(http.StatusGatewayTimeout)
	case OtherJSON:
		return reply{status: http.StatusOK, contentType: "application/json", body: []byte(`{"name":"portal","ok":true}`)}
	case UnauthorizedPage:
		return page(http.StatusUnauthorized)
	case ForbiddenPage:
		return page(http.StatusForbidden)
	case NotFoundPage:
		return page(http.StatusNotFound)
	case QueryFailure:
		return failQuery("Internal Server Error(s) while executing query")
	case InvalidQuery:
		return failQuery(`Cannot query field "fullName" on type "DatabaseTable".`)
	case Throttled, ThrottledFor:
		return f.serviceError(http.StatusTooManyRequests, 429000, "Too many requests for 'api.rest'. Please retry after 2 minutes.")
	case Unauthorized:
		return f.serviceError(http.StatusUnauthorized, 401002, "Invalid authentication credentials were provided.")
	case Forbidden:
		return f.serviceError(http.StatusForbidden, 403004, "You do not have permission to perform this action.")
	case NotFound:
		return f.serviceError(http.StatusNotFound, 404006, "The requested resource was not found.")
	}
	return f.serviceError(http.StatusInternalServerError, 500000, "An unexpected error occurred.")
}

// serviceError returns an error in the format of the service.
func (f Fault) serviceError(status, code int, text string) reply {
	if f.Service == "dbt" {
		return dbtError(status, text)
	}
	return tableauError(code, http.StatusText(status), text)
}
