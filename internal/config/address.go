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

// address reads an address, with or without scheme. It gives nil for an empty input, and
// for a mistake, which is noted.
func (l *loader) address(name string) *url.URL {
	text := l.text(name)
	if text == "" {
		return nil
	}
	u, err := parseAddress(text)
	if err != nil {
		l.problem(name, text, "%v", err)
		return nil
	}
	return u
}

// parseAddress reads an address into a URL with a normal scheme and host. Its errors do not
// hold the address: it may hold a password.
func parseAddress(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is not an address: write it like https://HOST")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("must start with https://")
	case u.User != nil:
		return nil, errors.New("must not hold a user name or password")
	case !isHost(u):
		return nil, errors.New("names no valid host: write it like https://HOST")
	}
	u.Host = selector.Host(u)
	return u, nil
}

// isHost tells whether a host is made of what names and addresses are made of: net/url
// lets through more, and a placeholder like <host> would only fail once it is looked up.
func isHost(u *url.URL) bool {
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

// origin gives the part of an address that requests are built on.
func origin(u *url.URL) *url.URL {
	if u == nil {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}

// warnUnused says what is used of an address that is more than scheme and host.
func (l *loader) warnUnused(name string, u *url.URL) {
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		l.warn("%s: only %s of the address is used", name, origin(u))
	}
}

// exposed tells whether credentials for an address would travel in the clear over a network.
func exposed(u *url.URL) bool {
	return u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()
}
