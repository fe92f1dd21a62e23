package selector

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
)

const tagPrefix = "tag:"

// ParseLine parses one line of a list: one entry, or several LUIDs separated by commas. In every other entry, a comma is
// part of the name, because Tableau allows it in names.
func ParseLine(line string) ([]Selector, error) {
	line = StripZeroWidth(line)
	var parts []string
	for part := range strings.SplitSeq(line, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	if !slices.ContainsFunc(parts, isLUID) {
		s, err := Parse(line)
		if err != nil {
			return nil, err
		}
		return []Selector{s}, nil
	}
	var selectors []Selector
	for i, part := range parts {
		if !isLUID(part) {
			return nil, fmt.Errorf("one name, path, or URL per line (only LUIDs can be separated by commas). Entry %d is not a LUID", i+1)
		}
		selectors = append(selectors, Selector{Kind: LUID, LUID: strings.ToLower(part)})
	}
	return selectors, nil
}

// Parse parses one entry. It returns an error for an entry that has none of the forms, and for one that is almost certainly a
// mistyped LUID. The error does not repeat the entry.
func Parse(entry string) (Selector, error) {
	entry = strings.TrimSpace(StripZeroWidth(entry))
	tag, hasTagPrefix := strings.CutPrefix(entry, tagPrefix)
	tag = strings.TrimSpace(tag)
	switch {
	case entry == "":
		return Selector{}, errors.New("the entry is empty")
	case isLUID(entry):
		return Selector{Kind: LUID, LUID: strings.ToLower(entry)}, nil
	case isURL(entry):
		return parseURL(entry)
	case hasTagPrefix && tag == "":
		return Selector{}, errors.New("write a tag after tag:, such as tag:nightly")
	case hasTagPrefix:
		return Selector{Kind: Tag, Tag: tag}, nil
	default:
		return parsePath(entry)
	}
}

// StripZeroWidth removes the characters that are invisible and have no width, which text copied from a chat or a web page can
// contain.
func StripZeroWidth(text string) string {
	return zeroWidth.Replace(text)
}

var zeroWidth = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "")

func isLUID(text string) bool { return hasLUIDLayout(text) && isHex(strings.ReplaceAll(text, "-", "")) }

// hasLUIDLayout reports whether text has groups of 8, 4, 4, 4, and 12 characters.
func hasLUIDLayout(text string) bool {
	return len(text) == 36 && strings.Count(text, "-") == 4 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'
}

func isHex(text string) bool { return strings.Trim(text, "0123456789abcdefABCDEF") == "" }

// isMistypedLUID reports whether a name is almost certainly a LUID with missing, extra, or wrong digits. As a name, it would
// only result in "not found".
func isMistypedLUID(name string) bool {
	if strings.Count(name, "-") != 4 {
		return false
	}
	if digits := strings.ReplaceAll(name, "-", ""); isHex(digits) {
		return len(digits) >= 29 && len(digits) <= 35
	}
	return hasLUIDLayout(name) && !strings.ContainsAny(name, " .,_()")
}

// allItems and allItemsBelow are the last part of a Project. In any other place, they have to be escaped.
const (
	allItems      = "*"
	allItemsBelow = "**"
)

var (
	escapes = strings.NewReplacer(`\\`, `\`, `\/`, `/`, `\*`, `*`, `\`+tagPrefix, tagPrefix)
	// knownEscapes leaves only invalid backslashes.
	knownEscapes = strings.NewReplacer(`\\`, "", `\/`, "", `\*`, "", `\`+tagPrefix, "")
)

// parsePath parses a path, a name, or a Project. A name that starts like another form has to be escaped or to follow a project.
func parsePath(entry string) (Selector, error) {
	text, anchored := strings.CutPrefix(entry, "/")
	parts := splitPath(text)
	s := Selector{Kind: Path, Anchored: anchored}
	if last := parts[len(parts)-1]; last == allItems || last == allItemsBelow {
		s.Kind, s.Recursive = Project, last == allItemsBelow
		parts = parts[:len(parts)-1]
	}
	var err error
	s.Path, err = unescape(parts)
	switch {
	case err != nil:
		return Selector{}, err
	case s.Kind == Project && len(parts) == 0:
		return Selector{}, errors.New(`write a project before the *, as in Project/*`)
	case s.Kind == Path && anchored && len(parts) == 1:
		return Selector{}, errors.New("write /Project/Name or only the name. A path that starts with / requires a project")
	case s.Kind == Path && !anchored && len(parts) == 1 && isMistypedLUID(s.Path[0]):
		return Selector{}, errors.New("correct the LUID: it must have 32 hexadecimal digits in groups of 8, 4, 4, 4, and 12. " +
			"If this is a name, write Project/Name")
	}
	return s, nil
}

// splitPath splits a path at its slashes, except escaped ones.
func splitPath(text string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '/':
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

func unescape(parts []string) ([]string, error) {
	var names []string
	for _, part := range parts {
		switch {
		case strings.TrimSpace(part) == "":
			return nil, errors.New(`remove the empty part of the path, or write \/ for a slash in a name`)
		case part == allItems || part == allItemsBelow:
			return nil, errors.New(`use * only as the last part of a path, as in Project/*, or write \* for a project with this name`)
		}
		if strings.Contains(knownEscapes.Replace(part), `\`) {
			return nil, errors.New(`write \\ for a backslash. A single one is allowed only before tag:, /, \, and *`)
		}
		names = append(names, escapes.Replace(part))
	}
	return names, nil
}

var errNotItemURL = errors.New("copy the URL of a workbook, data source, flow, or view from the browser, such as " +
	"https://HOST/#/site/SITE/workbooks/123 or https://HOST/#/site/SITE/views/WORKBOOK/SHEET. This is the URL of another page")

// ErrRedirect is the error for the URL of a view in some lists of Tableau Cloud, whose number the REST API does not return.
var ErrRedirect = errors.New("open the URL in a browser, and copy the URL that then appears, because it only redirects to a view")

var errProjectURL = errors.New("write Project/* for everything in a project, or Project/** to include its subprojects. " +
	"A project can't be selected by its URL")

// isURL reports whether an entry is a URL. In a path that starts with a project named "https:", the slashes of a name are
// escaped.
func isURL(entry string) bool {
	scheme, _, found := strings.Cut(entry, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// parseURL parses the URL of the page of an item or a view. Without a site, it belongs to the Default site.
func parseURL(entry string) (Selector, error) {
	u, err := url.Parse(entry)
	switch {
	case err != nil || u.Hostname() == "":
		return Selector{}, errors.New("copy the URL from the browser again, because it is invalid")
	case u.User != nil:
		return Selector{}, errors.New("remove the username and password from the URL")
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

// setItem sets the item of a URL from the two path segments after the site. It returns false if there is no item.
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

// splitPageURL returns the site in the URL of a page, and the unescaped path segments after it. They follow the #, except in the
// URL of a shared view or of web authoring.
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
