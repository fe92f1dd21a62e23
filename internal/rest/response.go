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

// statusError returns the error for a response with a status other than 2xx.
func (c *Client) statusError(r Request, response *http.Response) error {
	// A part of the body is still useful, so an error while reading it is ignored.
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	status := &StatusError{
		Service: c.options.Service, Operation: r.Operation, Status: response.StatusCode,
		RetryAfter: parseRetryAfter(response.Header), Date: serverTime(response.Header), Body: body,
	}
	switch {
	case response.StatusCode/100 == 3:
		status.Location, status.Message = c.parseLocation(response.Header.Get("Location"))
	case isHTML(response.Header, body):
		status.Page, status.Message = true, "a web page"+pageTitle(body)+" instead of an API answer"
	default:
		c.options.ParseError(status)
	}
	return status
}

// parseLocation returns the target of a redirect, and a message that names both hosts: usually the other one has to be
// configured.
func (c *Client) parseLocation(location string) (*url.URL, string) {
	target, err := url.Parse(location)
	if err != nil || location == "" {
		return nil, c.Host() + " redirects to nowhere"
	}
	target = c.base.Load().ResolveReference(target)
	return target, fmt.Sprintf("%s redirects to %s, which is not followed, for it would get the credentials", c.Host(), target.Host)
}

// maxRetryAfter keeps a wrong header from stopping a step for good.
const maxRetryAfter = time.Hour

// parseRetryAfter reads the Retry-After header: seconds, or a date by the service's clock (RFC 9110, 10.2.3).
func parseRetryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(0, min(seconds, int(maxRetryAfter/time.Second)))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now := serverTime(header)
	if now.IsZero() {
		now = time.Now()
	}
	return max(0, min(until.Sub(now), maxRetryAfter))
}

// serverTime returns the time of the Date header; zero without one.
func serverTime(header http.Header) time.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// isHTML reports whether a response is a web page: proxies, load balancers, and other web sites return one.
func isHTML(header http.Header, body []byte) bool {
	if strings.Contains(header.Get("Content-Type"), "html") {
		return true
	}
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 512)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

var titlePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]*>\s*(.{1,200}?)\s*</title>`) })

// pageTitle returns the title of a web page in parentheses, after a space; "" if it has none.
func pageTitle(body []byte) string {
	match := titlePattern().FindSubmatch(body[:min(len(body), maxErrorBody)])
	if match == nil {
		return ""
	}
	return " (" + html.UnescapeString(string(match[1])) + ")"
}
