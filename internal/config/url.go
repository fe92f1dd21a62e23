package config

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"dbt-tableau-refresh/internal/selector"
)

// url reads a URL, with or without a scheme. It returns nil if the input is empty or invalid.
func (l *loader) url(name string) *url.URL {
	text := l.text(name)
	if text == "" {
		return nil
	}
	u, err := parseURL(text)
	if err != nil {
		l.invalid(name, text, "%v", err)
		return nil
	}
	return u
}

// parseURL parses a URL with the scheme http or https, and normalizes its host. Its errors do not contain the URL, because
// it may contain a password.
func parseURL(text string) (*url.URL, error) {
	text = selector.StripZeroWidth(text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL; use the form https://HOST")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("must start with https://")
	case u.User != nil:
		return nil, errors.New("must not contain a username or password")
	case !hasValidHost(u):
		return nil, errors.New("contains no valid host; use the form https://HOST")
	}
	u.Host = selector.Host(u)
	return u, nil
}

// hasValidHost reports whether the host has only characters of names and IP addresses. net/url accepts more, and a
// placeholder such as <host> would fail only when it is resolved.
func hasValidHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	}
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		return net.ParseIP(host) != nil
	}
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_", r)
	})
}

// origin returns the scheme and the host of a URL; nil for nil.
func origin(u *url.URL) *url.URL {
	if u == nil {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}

// warnUnusedParts adds a warning if a URL has more than a scheme and a host.
func (l *loader) warnUnusedParts(name string, u *url.URL) {
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		l.warn("%s: only %s of the URL is used", name, origin(u))
	}
}

// isUnencrypted reports whether credentials would be sent to the URL over a network without TLS.
func isUnencrypted(u *url.URL) bool {
	return u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()
}
