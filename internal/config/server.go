package config

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"

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

// unknownSite replaces a site that is invalid. It can't be a content URL.
const unknownSite = "?"

// site returns the content URL of tableau-site, or of the page in tableau-url, which is nil if that is invalid. It returns
// unknownSite if there is an error, so that it is not reported again for each selector.
func (l *loader) site(tableauURL *url.URL) string {
	const name = "tableau-site"
	site, err := parseSite(l.text(name), tableauURL)
	if err != nil {
		l.invalid(name, l.text(name), "%v", err)
		return unknownSite
	}
	if tableauURL == nil {
		if site == "" {
			return unknownSite
		}
		return site
	}

	urlSite := selector.Site(tableauURL)
	switch {
	case site == "" && urlSite == "" && isTableauCloud(tableauURL):
		l.invalid(name, "", "is required on Tableau Cloud. Copy the part after /site/ from a page URL, such as https://%s/#/site/SITE/home", tableauURL.Host)
		return unknownSite
	case site == "":
		return urlSite
	case urlSite != "" && !strings.EqualFold(site, urlSite):
		l.invalid(name, l.text(name), "is not the site in tableau-url, which is %q", truncate(urlSite))
		return unknownSite
	}
	return site
}

// parseSite parses a content URL, or the URL of any page of the site, with or without its host.
func parseSite(text string, tableauURL *url.URL) (string, error) {
	text = selector.StripZeroWidth(text)
	if !strings.Contains(text, "/") {
		if strings.ContainsFunc(text, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`\?#%&:`, r)
		}) {
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
		return "", errors.New("is on another host than tableau-url")
	}
	return selector.Site(u), nil
}
