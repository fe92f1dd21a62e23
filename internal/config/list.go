package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
)

// list reads one entry per line, without blank lines and comments.
func (l *loader) list(name string) []string {
	var entries []string
	for _, line := range splitLines(l.text(name)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, `\#`) {
			line = line[1:]
		}
		entries = append(entries, line)
	}
	return entries
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
func (l *loader) uniqueList(name string) []string {
	var entries []string
	for _, entry := range l.list(name) {
		if !slices.Contains(entries, entry) {
			entries = append(entries, entry)
		}
	}
	return entries
}

// ids reads a list of IDs, several of which may be on one line. Not every ID of Tableau is a LUID.
func (l *loader) ids(name string) []string {
	var ids []string
	for _, line := range l.list(name) {
		for id := range strings.SplitSeq(line, ",") {
			if id = strings.TrimSpace(id); id == "" {
				continue
			}
			if !idPattern().MatchString(id) {
				l.invalid(name, id, "must be an ID, in letters, digits and dashes")
				continue
			}
			if s, err := selector.Parse(id); err == nil && s.Kind == selector.LUID {
				id = s.LUID
			}
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
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
		l.invalid(name, s.String(), "is the address of a %s, not of a %s", s.ContentType, want)
	case s.Kind == selector.URL && site != unknownSite && !strings.EqualFold(s.Site, site):
		l.invalid(name, s.String(), "lies on %s, but the step signs in to %s", describeSite(s.Site), describeSite(site))
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
