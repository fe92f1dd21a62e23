package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"dbt-tableau-refresh/internal/selector"
)

// tableauURL reads tableau-url. It returns the whole URL, because that of a page also contains the site.
func (l *loader) tableauURL(allowHTTP bool) *url.URL {
	const name = "tableau-url"
	l.require(name, " with the other tableau inputs (example: https://10ay.online.tableau.com)")
	u := l.url(name)
	if u == nil {
		return nil
	}
	switch {
	case !isUnencrypted(u):
	case isTableauCloud(u):
		l.invalid(name, l.text(name), "must start with https:// on Tableau Cloud")
	case !allowHTTP:
		l.invalid(name, l.text(name), "would send credentials unencrypted. Use https://, or set tableau-allow-http: true if the server "+
			"does not support HTTPS")
	default:
		l.warn("%s: credentials are sent to %s unencrypted", name, origin(u))
	}
	if isPage := selector.Site(u) != "" || strings.HasPrefix(u.Fragment, "/"); !isPage {
		l.warnUnusedParts(name, u)
	}
	return u
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
	major, errMajor := strconv.ParseUint(majorText, 10, 16)
	minor, errMinor := strconv.ParseUint(minorText, 10, 16)
	if errMajor != nil || errMinor != nil {
		l.invalid(name, text, "must be a version such as '3.19'")
	} else if major < 3 || major == 3 && minor < 6 {
		l.invalid(name, text, "must be 3.6 or newer. Quote it in YAML ('3.30'); otherwise, YAML reads 3.30 as 3.3")
	}
	return fmt.Sprintf("%d.%d", major, minor)
}

// unknownSite replaces a site that is invalid. It can't be a content URL.
const unknownSite = "?"

// site returns the content URL of tableau-site, or of the page in tableau-url, which is nil if that is invalid. It returns
// unknownSite if there is an error, so that it is not reported again for each selector.
func (l *loader) site(tableauURL *url.URL) string {
	const name = "tableau-site"
	text, urlSite := l.text(name), ""
	if tableauURL != nil {
		urlSite = selector.Site(tableauURL)
	}
	site, err := parseSite(text, tableauURL)
	switch {
	case err != nil:
		l.invalid(name, text, "%v", err)
	case site != "" && urlSite != "" && !strings.EqualFold(site, urlSite):
		l.invalid(name, text, "does not match the site in tableau-url, %q", truncate(urlSite))
	case site != "" || urlSite != "":
		return cmp.Or(site, urlSite)
	case tableauURL != nil && isTableauCloud(tableauURL):
		l.invalid(name, "", "is required on Tableau Cloud. Copy the part after /site/ from a page URL, such as https://%s/#/site/SITE/home",
			tableauURL.Host)
	case tableauURL != nil:
		return ""
	}
	return unknownSite
}

// parseSite parses a content URL, or the URL of any page of the site, with or without its host.
func parseSite(text string, tableauURL *url.URL) (string, error) {
	text = selector.StripZeroWidth(text)
	if !strings.Contains(text, "/") {
		isInvalid := func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`\?#%&:`, r)
		}
		if strings.ContainsFunc(text, isInvalid) {
			return "", errors.New("must be the content URL (the part after /site/ in a page URL), not the display name")
		}
		return text, nil
	}

	pageURL := text
	if strings.HasPrefix(text, "#") || strings.HasPrefix(text, "/") {
		pageURL = "https://tableau/" + strings.TrimPrefix(text, "/")
	}
	u, err := parseURL(pageURL)
	switch {
	case err != nil:
		return "", err
	case selector.Site(u) == "":
		return "", errors.New("contains no site. Write the part after /site/ in a page URL")
	case pageURL == text && tableauURL != nil && u.Host != tableauURL.Host:
		return "", errors.New("has a different host than tableau-url")
	}
	return selector.Site(u), nil
}

// url returns nil if the input is empty or invalid.
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

// parseURL parses a URL with the scheme http, https, or none, and normalizes its host. Its errors do not contain the URL, because
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

// origin keeps only the scheme and the host.
func origin(u *url.URL) *url.URL {
	if u == nil {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}

func (l *loader) warnUnusedParts(name string, u *url.URL) {
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		l.warn("%s: only %s of the URL is used", name, origin(u))
	}
}

// isUnencrypted reports whether credentials would be sent to the URL over a network without TLS.
func isUnencrypted(u *url.URL) bool {
	return u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()
}
