package config

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"dbt-tableau-refresh/internal/selector"
)

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
