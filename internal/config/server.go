package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"dbt-tableau-refresh/internal/selector"
)

// tableauURL reads tableau-url. It returns the whole URL, because that of a page also contains the site.
func (l *loader) tableauURL(allowHTTP bool) *url.URL {
	const name = "tableau-url"
	l.require(name, " with the other tableau inputs, such as https://10ay.online.tableau.com")
	u := l.url(name)
	if u == nil {
		return nil
	}
	switch {
	case !isUnencrypted(u):
	case isTableauCloud(u):
		l.invalid(name, l.text(name), "must start with https:// on Tableau Cloud")
	case !allowHTTP:
		l.invalid(name, l.text(name), "would send credentials unencrypted. Use https://, or set tableau-allow-http: true if the server does not support HTTPS")
	default:
		l.warn("%s: credentials are sent to %s unencrypted", name, origin(u))
	}
	if !isBrowserURL(u) {
		l.warnUnusedParts(name, u)
	}
	return u
}

// isBrowserURL reports whether a URL is that of a page of Tableau, as a browser shows it.
func isBrowserURL(u *url.URL) bool {
	return selector.Site(u) != "" || strings.HasPrefix(u.Fragment, "/")
}

func isTableauCloud(u *url.URL) bool {
	return u.Hostname() == "online.tableau.com" || strings.HasSuffix(u.Hostname(), ".online.tableau.com")
}

// apiVersion reads a version of the REST API. 3.6 is the oldest one that supports the action's requests.
func (l *loader) apiVersion(name string) string {
	text := l.text(name)
	if text == "" {
		return ""
	}
	majorText, minorText, _ := strings.Cut(text, ".")
	if !isDigits(majorText) || !isDigits(minorText) {
		l.invalid(name, text, "must be a version such as '3.19'")
		return ""
	}
	major, errMajor := strconv.ParseUint(majorText, 10, 16)
	minor, errMinor := strconv.ParseUint(minorText, 10, 16)
	switch {
	case errMajor != nil || errMinor != nil:
		l.invalid(name, text, "must be a version such as '3.19'")
		return ""
	case major < 3 || major == 3 && minor < 6:
		l.invalid(name, text, "must be 3.6 or newer. Quote it in YAML ('3.30'); otherwise, YAML reads 3.30 as 3.3")
		return ""
	}
	return fmt.Sprintf("%d.%d", major, minor)
}
