package rest

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// statusError reads what the service says about a refusal.
func (c *Client) statusError(r Request, response *http.Response) error {
	// Half a body still explains more than none.
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxFailure))
	failure := &StatusError{
		Service: c.options.Service, Operation: r.Operation, Status: response.StatusCode,
		RetryAfter: retryAfter(response.Header), Date: date(response.Header), Body: body,
	}
	switch {
	case response.StatusCode/100 == 3:
		failure.Location, failure.Message = c.redirection(response.Header.Get("Location"))
	case isPage(response.Header, body):
		failure.Message = "a web page" + pageTitle(body) + " instead of an API answer"
	default:
		c.options.ParseError(failure)
	}
	return failure
}

// redirection names both hosts: the cure is nearly always to configure the other one.
func (c *Client) redirection(location string) (*url.URL, string) {
	target, err := url.Parse(location)
	if err != nil || location == "" {
		return nil, c.Host() + " redirects to nowhere"
	}
	target = c.base.Load().ResolveReference(target)
	return target, fmt.Sprintf("%s redirects to %s, which is not followed, for it would get the credentials", c.Host(), target.Host)
}

// retryAfter reads the header of that name: seconds, or a date by the service's own clock (RFC 9110, 10.2.3).
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(0, min(seconds, int(maxWait/time.Second)))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now := date(header)
	if now.IsZero() {
		now = time.Now()
	}
	return max(0, min(until.Sub(now), maxWait))
}

// maxWait keeps a mistake in a header from putting a step to sleep for good.
const maxWait = time.Hour

// date is the service's clock; zero when it is not told.
func date(header http.Header) time.Time {
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// isPage recognises what proxies, load balancers, and other people's web sites answer.
func isPage(header http.Header, body []byte) bool {
	if strings.Contains(header.Get("Content-Type"), "html") {
		return true
	}
	begin := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 512)]))
	return bytes.HasPrefix(begin, []byte("<!doctype html")) || bytes.HasPrefix(begin, []byte("<html"))
}

var title = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]*>\s*(.{1,200}?)\s*</title>`) })

// pageTitle is the title of a page in brackets, with a space in front; "" when it has none.
func pageTitle(body []byte) string {
	found := title().FindSubmatch(body[:min(len(body), maxFailure)])
	if found == nil {
		return ""
	}
	return " (" + html.UnescapeString(string(found[1])) + ")"
}
