package config

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"dbt-tableau-refresh/internal/selector"
)

// unknownSite stands for a site that could not be read. It is no content URL.
const unknownSite = "?"

// site settles on the site to sign in to. page is the pasted address of the server, or nil.
// It gives unknownSite after a mistake, so that one slip is not told a second time for every selector.
func (l *loader) site(page *url.URL) string {
	const name = "tableau-site"
	site, err := parseSite(l.text(name), page)
	if err != nil {
		l.problem(name, l.text(name), "%v", err)
		return unknownSite
	}
	if page == nil {
		if site == "" {
			return unknownSite
		}
		return site
	}

	pasted := selector.Site(page)
	switch {
	case site == "" && pasted == "" && isCloud(page):
		l.problem(name, "", "is required on Tableau Cloud: it follows /site/ in the address of your pages, like https://%s/#/site/SITE/home", page.Host)
		return unknownSite
	case site == "":
		return pasted
	case pasted != "" && !strings.EqualFold(site, pasted):
		l.problem(name, l.text(name), "is not the site of tableau-url, which says %q", cut(pasted))
		return unknownSite
	}
	return site
}

// parseSite takes a content URL, or the address of any page of the site, with or without its host.
func parseSite(text string, page *url.URL) (string, error) {
	if !strings.Contains(text, "/") {
		if strings.ContainsFunc(text, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`\?#%&:`, r)
		}) {
			return "", errors.New("must be the site as it stands in addresses after /site/, not its display name")
		}
		return text, nil
	}

	address := text
	if strings.HasPrefix(text, "#") || strings.HasPrefix(text, "/") {
		address = "https://tableau/" + strings.TrimPrefix(text, "/")
	}
	u, err := parseAddress(address)
	switch {
	case err != nil:
		return "", err
	case selector.Site(u) == "":
		return "", errors.New("names no site: write what stands in addresses after /site/")
	case address == text && page != nil && u.Host != page.Host:
		return "", errors.New("is on another host than tableau-url")
	}
	return selector.Site(u), nil
}
