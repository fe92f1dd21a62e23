package selector

import (
	"errors"
	"net/url"
	"strings"

	"dbt-tableau-refresh/internal/content"
)

// errNotItemURL lists the URLs that Parse accepts.
var errNotItemURL = errors.New("this is not the address of a workbook, data source, flow or view: " +
	"copy it from the browser, like https://HOST/#/site/SITE/workbooks/123 or https://HOST/#/site/SITE/views/WORKBOOK/SHEET")

// ErrRedirect is the error for the URL of a view in some lists of Tableau Cloud, whose number the REST API does not return.
var ErrRedirect = errors.New("open the URL in a browser and copy the one that then appears, because it only redirects to a view")

var errProjectURL = errors.New("a project can't be selected by its URL: write Project/* for everything in it, or Project/** to include its subprojects")

// isURL reports whether an entry is a URL. In a path that starts with a project named "https:", the slashes of a name are
// escaped.
func isURL(entry string) bool {
	scheme, _, found := strings.Cut(entry, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// parseURL parses the URL of the page of an item or a view. A URL without a site is one of the Default site.
func parseURL(entry string) (Selector, error) {
	u, err := url.Parse(entry)
	switch {
	case err != nil || u.Hostname() == "":
		return Selector{}, errors.New("this address can't be read: copy it from the browser once more")
	case u.User != nil:
		return Selector{}, errors.New("an address must not contain a username or password")
	}
	site, segments, ok := splitPageURL(u)
	if !ok || len(segments) < 2 {
		return Selector{}, errNotItemURL
	}
	switch segments[0] {
	case "projects":
		return Selector{}, errProjectURL
	case "redirect_to_view":
		return Selector{}, ErrRedirect
	}
	s := Selector{Kind: URL, Scheme: strings.ToLower(u.Scheme), Host: Host(u), Site: site}
	if !s.setItem(segments[0], segments[1]) {
		return Selector{}, errNotItemURL
	}
	return s, nil
}

// setItem sets the item of a URL from the two path segments after the site. It returns false if they are not those of an
// item.
func (s *Selector) setItem(page, item string) bool {
	if page == "views" || page == "authoring" {
		s.ContentType, s.ContentURL = content.Workbook, item
		return true
	}
	s.ContentType, s.NumericID = content.Type(strings.TrimSuffix(page, "s")), item
	isItemPage := page == "workbooks" || page == "datasources" || page == "flows"
	return isItemPage && strings.Trim(item, "0123456789") == ""
}

// Host returns the host of a URL in lower case and without the default port of the scheme, so that hosts can be compared.
func Host(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if strings.EqualFold(u.Scheme, "http") {
		return strings.TrimSuffix(strings.TrimSuffix(host, ":80"), ":")
	}
	return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":")
}

// Site returns the content URL of the site in the URL of any page of Tableau. It is "" for a page of the Default site, and
// for a URL that is not one of a page.
func Site(u *url.URL) string {
	site, _, _ := splitPageURL(u)
	return site
}

// splitPageURL returns the site in the URL of a page and the unescaped path segments after it. They are after the # in the
// URL of a page, and before it in that of a shared view or of web authoring.
func splitPageURL(u *url.URL) (site string, segments []string, ok bool) {
	path := u.EscapedPath()
	if fragment := u.EscapedFragment(); strings.HasPrefix(fragment, "/") {
		path, _, _ = strings.Cut(fragment, "?")
	}
	for escaped := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		segment, err := url.PathUnescape(escaped)
		if err != nil || segment == "" {
			return "", nil, false
		}
		segments = append(segments, segment)
	}
	if len(segments) >= 2 && (segments[0] == "site" || segments[0] == "t") {
		return segments[1], segments[2:], true
	}
	return "", segments, true
}
