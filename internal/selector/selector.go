// Package selector is the grammar of one entry of a Tableau list: how a workflow
// author points at a workbook, a data source or a flow.
//
// It parses and prints and looks nothing up, so that a mistyped entry is found before
// any request is made, and so that the same grammar serves the action's inputs and the
// exposures of a dbt project.
package selector

import (
	"net/url"
	"strings"

	"dbt-tableau-refresh/internal/content"
)

// Kind tells which of the forms an entry has. The zero value is none of them.
type Kind int

const (
	// LUID is an item's own identifier, the only one that Tableau's REST API takes.
	LUID Kind = iota + 1
	// Address is the address of an item's page, or of a view of a workbook, as a browser shows it.
	URL
	// Path is an item's name, with as many of its projects before it as the author gave.
	Path
	// Tag stands for every item that carries a label.
	Tag
)

// Selector is one parsed entry. Kind says which of the fields below it are set; the
// zero Selector selects nothing and prints as the empty string.
type Selector struct {
	Kind Kind

	// LUID is the identifier in lower case, with its dashes. Set for LUID alone.
	LUID string

	// Scheme ("http" or "https") and Host (lower case, with the port unless it is the
	// scheme's own) of an Address.
	Scheme, Host string
	// Site is the content URL of the site that an Address lies on, "" for the Default site.
	Site string
	// ContentType is what an Address points at.
	ContentType content.Type
	// NumericID is the number in an item's Address, which the REST API shows only at the
	// end of an item's webpageUrl. Empty for the address of a view.
	NumericID string
	// ContentURL is the content URL of the workbook that a view's Address names. Empty
	// for every other address.
	ContentURL string

	// Path holds the names of a Path, unescaped: projects from the outside in, the item
	// last. It is never empty, and a bare name is a path of one.
	Path []string
	// Anchored says that the first name of a Path is a project at the top of the tree.
	Anchored bool

	// Tag is the label of a Tag.
	Tag string
}

// String gives the shortest entry that Parse turns into the same Selector.
func (s Selector) String() string {
	switch s.Kind {
	case LUID:
		return s.LUID
	case URL:
		return s.address()
	case Path:
		return s.path()
	case Tag:
		return tagPrefix + s.Tag
	default:
		return ""
	}
}

func (s Selector) address() string {
	var b strings.Builder
	b.WriteString(s.Scheme + "://" + s.Host + "/#/")
	if s.Site != "" {
		b.WriteString("site/" + url.PathEscape(s.Site) + "/")
	}
	if s.ContentURL != "" {
		b.WriteString("views/" + url.PathEscape(s.ContentURL))
		return b.String()
	}
	b.WriteString(string(s.ContentType) + "s/" + s.NumericID)
	return b.String()
}

func (s Selector) path() string {
	escaped := make([]string, 0, len(s.Path))
	for _, name := range s.Path {
		escaped = append(escaped, strings.NewReplacer(`\`, `\\`, `/`, `\/`).Replace(name))
	}
	text := strings.Join(escaped, "/")
	if s.Anchored {
		return "/" + text
	}
	if strings.HasPrefix(text, tagPrefix) {
		return `\` + text
	}
	return text
}
