package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"dbt-tableau-refresh/internal/selector"
)

// tableauURL reads the server's address, as a whole: a pasted page also names the site.
func (l *loader) tableauURL(allowHTTP bool) *url.URL {
	const name = "tableau-url"
	l.require(name, " with the other tableau inputs, like https://10ay.online.tableau.com")
	u := l.address(name)
	if u == nil {
		return nil
	}
	switch {
	case !exposed(u):
	case isCloud(u):
		l.problem(name, l.text(name), "must start with https://, as always on Tableau Cloud")
	case !allowHTTP:
		l.problem(name, l.text(name), "would send credentials in the clear: use https://, or set tableau-allow-http: true for a Tableau Server without it")
	default:
		l.warn("%s: credentials travel to %s in the clear", name, origin(u))
	}
	if !isPage(u) {
		l.warnUnused(name, u)
	}
	return u
}

// isPage tells an address as a browser shows it from one with a stray path.
func isPage(u *url.URL) bool {
	return selector.Site(u) != "" || strings.HasPrefix(u.Fragment, "/")
}

func isCloud(u *url.URL) bool {
	return u.Hostname() == "online.tableau.com" || strings.HasSuffix(u.Hostname(), ".online.tableau.com")
}

// apiVersion reads a version of the REST API. 3.6 is the oldest with all that the action needs.
func (l *loader) apiVersion(name string) string {
	text := l.text(name)
	if text == "" {
		return ""
	}
	before, after, _ := strings.Cut(text, ".")
	if !isNumber(before) || !isNumber(after) {
		l.problem(name, text, "must be a version like '3.19'")
		return ""
	}
	major, errMajor := strconv.ParseUint(before, 10, 16)
	minor, errMinor := strconv.ParseUint(after, 10, 16)
	switch {
	case errMajor != nil || errMinor != nil:
		l.problem(name, text, "must be a version like '3.19'")
		return ""
	case major < 3 || major == 3 && minor < 6:
		l.problem(name, text, "must be 3.6 or newer; quote it in YAML ('3.30'), which else reads 3.30 as 3.3")
		return ""
	}
	return fmt.Sprintf("%d.%d", major, minor)
}
