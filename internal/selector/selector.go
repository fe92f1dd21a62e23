// Package selector defines the syntax of the entries that select Tableau workbooks, data sources, and flows, in the action's
// inputs and in the exposures of a dbt project.
//
// It takes the text of an entry, and returns a [Selector], or an error that explains how to write the entry. It must never
// send a request, so that a mistyped entry is reported before the step does anything. Package tableau finds the items.
package selector

import (
	"net/url"
	"strings"

	"dbt-tableau-refresh/internal/content"
)

// Kind is the form of an entry. The zero value is none of them.
type Kind int

const (
	// LUID is the identifier of an item in Tableau's REST API.
	LUID Kind = iota + 1
	// URL is the URL of the page of an item, or of a view of a workbook, as a browser shows it.
	URL
	// Path is the name of an item, optionally after some or all of its projects.
	Path
	// Tag selects every item with a tag.
	Tag
	// Project selects every item in a project.
	Project
)

// Selector is a parsed entry. Kind determines which other fields are set. The zero value selects nothing, and its String is
// empty.
type Selector struct {
	Kind Kind

	// LUID is the identifier in lower case, with its dashes.
	LUID string

	// Scheme is the scheme of a URL, http or https; Host is its host in lower case, without the default port of the scheme.
	Scheme, Host string
	// Site is the content URL of the site of a URL; "" is the Default site.
	Site string
	// ContentType is the type of the item of a URL.
	ContentType content.Type
	// NumericID is the number in the URL of an item. In the REST API, it is only at the end of webpageUrl. It is "" for the
	// URL of a view.
	NumericID string
	// ContentURL is the content URL of the workbook in the URL of a view; "" for other URLs.
	ContentURL string

	// Path contains the unescaped names of a Path: projects from the top down, then the item. For a Project, it contains only
	// the projects.
	Path []string
	// Anchored means that the first name of a Path or a Project is a top-level project.
	Anchored bool
	// Recursive means that a Project includes its subprojects.
	Recursive bool

	// Tag is the tag of a Tag.
	Tag string
}

// MatchesMany reports whether the selector can match many items. Any other selector must match exactly one.
func (s Selector) MatchesMany() bool { return s.Kind == Tag || s.Kind == Project }

// String returns the shortest entry that Parse turns into the same Selector.
func (s Selector) String() string {
	switch s.Kind {
	case LUID:
		return s.LUID
	case URL:
		return s.urlString()
	case Path, Project:
		return s.pathString()
	case Tag:
		return tagPrefix + s.Tag
	default:
		return ""
	}
}

func (s Selector) urlString() string {
	base := s.Scheme + "://" + s.Host + "/#/"
	if s.Site != "" {
		base += "site/" + url.PathEscape(s.Site) + "/"
	}
	if s.ContentURL != "" {
		return base + "views/" + url.PathEscape(s.ContentURL)
	}
	return base + string(s.ContentType) + "s/" + s.NumericID
}

func (s Selector) pathString() string {
	parts := make([]string, 0, len(s.Path)+1)
	for _, name := range s.Path {
		name = strings.NewReplacer(`\`, `\\`, `/`, `\/`).Replace(StripZeroWidth(name))
		if name == allItems || name == allItemsBelow {
			name = `\` + name
		}
		parts = append(parts, name)
	}
	if s.Kind == Project && s.Recursive {
		parts = append(parts, allItemsBelow)
	} else if s.Kind == Project {
		parts = append(parts, allItems)
	}
	text := strings.Join(parts, "/")
	if s.Anchored {
		return "/" + text
	}
	if strings.HasPrefix(text, tagPrefix) {
		return `\` + text
	}
	return text
}
