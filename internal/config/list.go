package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
)

// list reads one entry per line, without blank lines and comments. It also accepts YAML lists and JSON arrays of strings, which
// people paste.
func (l *loader) list(name string) []string {
	text := selector.StripZeroWidth(l.text(name))
	if entries, ok := jsonArray(text); ok {
		return entries
	}
	var entries []string
	for _, line := range splitLines(text) {
		array, isArray := jsonArray(line)
		switch {
		case strings.HasPrefix(line, "#"):
		case isArray:
			entries = append(entries, array...)
		case strings.HasPrefix(line, `\#`), strings.HasPrefix(line, `\- `):
			entries = append(entries, line[1:])
		default:
			entries = append(entries, strings.TrimSpace(strings.TrimPrefix(line, "- ")))
		}
	}
	return entries
}

// jsonArray returns the strings of a JSON array, without blank ones.
func jsonArray(text string) (entries []string, ok bool) {
	if err := json.Unmarshal([]byte(text), &entries); err != nil || entries == nil { // null is not an array
		return nil, false
	}
	return splitLines(strings.Join(entries, "\n")), true
}

// commaList reads a list without its duplicates. Its entries can also be separated by commas.
func (l *loader) commaList(name string) []string {
	return unique(splitLines(strings.ReplaceAll(strings.Join(l.list(name), "\n"), ",", "\n")))
}

// splitLines returns the lines of a text, trimmed, without blank ones.
func splitLines(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (l *loader) uniqueList(name string) []string { return unique(l.list(name)) }

func unique(entries []string) []string {
	var kept []string
	for _, entry := range entries {
		if !slices.Contains(kept, entry) {
			kept = append(kept, entry)
		}
	}
	return kept
}

// ids reads a list of IDs. Not every ID of Tableau is a LUID.
func (l *loader) ids(name string) []string {
	var ids []string
	for _, id := range l.commaList(name) {
		if !idPattern().MatchString(id) {
			l.invalid(name, id, "must be an ID, which contains only letters, digits, and dashes")
			continue
		}
		if s, err := selector.Parse(id); err == nil && s.Kind == selector.LUID {
			id = s.LUID
		}
		ids = append(ids, id)
	}
	return unique(ids)
}

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`) })

// selectors reads a list that selects items of one type, or of any type if want is empty, without its duplicates.
func (l *loader) selectors(name string, want content.Type, site string) []selector.Selector {
	var selectors []selector.Selector
	seen := make(map[string]bool)
	for _, line := range l.list(name) {
		parsed, err := selector.ParseLine(line)
		if err != nil {
			l.invalid(name, line, "%v", err)
			continue
		}
		for _, s := range parsed {
			l.checkSelector(name, s, want, site)
			if text := s.String(); !seen[text] {
				seen[text] = true
				selectors = append(selectors, s)
			}
		}
	}
	return selectors
}

// checkSelector does not check the host of a URL, because the host of Tableau Cloud's pages is known only after the sign-in.
func (l *loader) checkSelector(name string, s selector.Selector, want content.Type, site string) {
	switch {
	case s.Kind == selector.Tag && want == content.Flow:
		l.invalid(name, s.String(), "flows can't be selected by tag")
	case s.Kind == selector.URL && want != "" && s.ContentType != want:
		l.invalid(name, s.String(), "is the URL of a %s, not of a %s", s.ContentType.Noun(), want.Noun())
	case s.Kind == selector.URL && site != unknownSite && !strings.EqualFold(s.Site, site):
		l.invalid(name, s.String(), "belongs to %s, but the step signs in to %s", describeSite(s.Site), describeSite(site))
	}
}

func describeSite(site string) string {
	if site == "" {
		return "the Default site"
	}
	return fmt.Sprintf("site %q", truncate(site))
}
