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

// list reads one entry per line, without blank lines and comments. It also accepts what people paste: the dashes of a YAML
// list, and JSON arrays of strings.
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

// jsonArray returns the strings of a JSON array, without blank ones. ok is false if text is not one.
func jsonArray(text string) (entries []string, ok bool) {
	if err := json.Unmarshal([]byte(text), &entries); err != nil || entries == nil { // null is not an array
		return nil, false
	}
	return splitLines(strings.Join(entries, "\n")), true
}

// commaList reads a list without its duplicates, several entries of which may be on one line.
func (l *loader) commaList(name string) []string {
	lines := strings.Join(l.list(name), "\n")
	return unique(splitLines(strings.ReplaceAll(lines, ",", "\n")))
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

// uniqueList reads a list without its duplicates.
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

// ids reads a list of IDs, several of which may be on one line. Not every ID of Tableau is a LUID.
func (l *loader) ids(name string) []string {
	var ids []string
	for _, id := range l.commaList(name) {
		if !idPattern().MatchString(id) {
			l.invalid(name, id, "must be an ID of letters, digits, and dashes")
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

// selectors reads a list that selects items of one type, or of any type if want is empty. Duplicates are omitted.
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
			if l.checkSelector(name, s, want, site) && !seen[s.String()] {
				seen[s.String()] = true
				selectors = append(selectors, s)
			}
		}
	}
	return selectors
}

// checkSelector checks a selector without a request to Tableau. The URL of another site is a mistake. Its host is checked
// later, because the host of Tableau Cloud's pages is known only after the sign-in.
func (l *loader) checkSelector(name string, s selector.Selector, want content.Type, site string) bool {
	switch {
	case s.Kind == selector.Tag && want == content.Flow:
		l.invalid(name, s.String(), "flows can't be selected by tag")
	case s.Kind == selector.URL && want != "" && s.ContentType != want:
		l.invalid(name, s.String(), "is the URL of a %s, not of a %s", s.ContentType, want)
	case s.Kind == selector.URL && site != unknownSite && !strings.EqualFold(s.Site, site):
		l.invalid(name, s.String(), "belongs to %s, but the step signs in to %s", describeSite(s.Site), describeSite(site))
	default:
		return true
	}
	return false
}

func describeSite(site string) string {
	if site == "" {
		return "the Default site"
	}
	return fmt.Sprintf("site %q", truncate(site))
}
