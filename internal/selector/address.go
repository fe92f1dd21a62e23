package selector

import (
	"errors"
	"net/url"
	"strings"

	"dbt-tableau-refresh/internal/content"
)

// errNotAnItem names the addresses that Parse takes.
var errNotAnItem = errors.New("this is not the address of a workbook, data source, flow or view: " +
	"copy it from the browser, like https://HOST/#/site/SITE/workbooks/123 or https://HOST/#/site/SITE/views/WORKBOOK/SHEET")

// isAddress tells an address from a path, whose first project could also be called "https:"
// (then its slashes are escaped).
func isAddress(entry string) bool {
	scheme, _, found := strings.Cut(entry, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// parseAddress reads the address of an item's page. The site is part of it: an address
// without one lies on the Default site.
func parseAddress(entry string) (Selector, error) {
	u, err := url.Parse(entry)
	switch {
	case err != nil || u.Hostname() == "":
		return Selector{}, errors.New("this address can't be read: copy it from the browser once more")
	case u.User != nil:
		return Selector{}, errors.New("an address must not hold a user name or password")
	}
	site, names, ok := page(u)
	if !ok || len(names) < 2 {
		return Selector{}, errNotAnItem
	}
	s := Selector{Kind: URL, Scheme: strings.ToLower(u.Scheme), Host: Host(u), Site: site}
	if !s.setItem(names[0], names[1]) {
		return Selector{}, errNotAnItem
	}
	return s, nil
}

// setItem takes the part of the address behind the site: the kind of page, and what it shows.
func (s *Selector) setItem(page, item string) bool {
	if page == "views" {
		s.ContentType, s.ContentURL = content.Workbook, item
		return true
	}
	s.ContentType, s.NumericID = content.Type(strings.TrimSuffix(page, "s")), item
	known := page == "workbooks" || page == "datasources" || page == "flows"
	return known && isNumber(item)
}

// Host gives the host of an address in lower case, with the port unless it is the
// scheme's own, so that two ways to write one host compare as equal.
func Host(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if strings.EqualFold(u.Scheme, "http") {
		return strings.TrimSuffix(strings.TrimSuffix(host, ":80"), ":")
	}
	return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":")
}

// Site gives the content URL of the site that the address of any page of Tableau names.
// It is empty for a page of the Default site, and for an address that is no page at all.
func Site(u *url.URL) string {
	site, _, _ := page(u)
	return site
}

// page parts the address of a page into the site and the unescaped names behind it.
// Tableau's own pages have them behind the #, a shared view before it.
func page(u *url.URL) (site string, names []string, ok bool) {
	path := u.EscapedPath()
	if fragment := u.EscapedFragment(); strings.HasPrefix(fragment, "/") {
		path, _, _ = strings.Cut(fragment, "?")
	}
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		name, err := url.PathUnescape(part)
		if err != nil || name == "" {
			return "", nil, false
		}
		names = append(names, name)
	}
	if len(names) >= 2 && (names[0] == "site" || names[0] == "t") {
		return names[1], names[2:], true
	}
	return "", names, true
}
