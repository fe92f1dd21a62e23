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

// list reads one entry a line, without blank lines and comments.
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

// splitLines gives the lines of a text, trimmed, without the blank ones.
func splitLines(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// unique reads a list in which a repetition says nothing new.
func (l *loader) unique(name string) []string {
	var entries []string
	for _, entry := range l.list(name) {
		if !slices.Contains(entries, entry) {
			entries = append(entries, entry)
		}
	}
	return entries
}

// ids reads a list of IDs, several of which may stand on one line. Not every ID of Tableau's is a LUID.
func (l *loader) ids(name string) []string {
	var ids []string
	for _, line := range l.list(name) {
		for id := range strings.SplitSeq(line, ",") {
			if id = strings.TrimSpace(id); id == "" {
				continue
			}
			if !plainID().MatchString(id) {
				l.problem(name, id, "must be an ID, in letters, digits and dashes")
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

var plainID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`) })

// selectors reads a list that points at items of one type, or of any type when want is empty.
// Two entries that print alike are one.
func (l *loader) selectors(name string, want content.Type, site string) []selector.Selector {
	var selectors []selector.Selector
	seen := make(map[string]bool)
	for _, line := range l.list(name) {
		parsed, err := selector.ParseLine(line)
		if err != nil {
			l.problem(name, line, "%v", err)
			continue
		}
		for _, s := range parsed {
			if l.fits(name, s, want, site) && !seen[s.String()] {
				seen[s.String()] = true
				selectors = append(selectors, s)
			}
		}
	}
	return selectors
}

// fits checks what can be known of a selector without asking Tableau. An address that
// names another site than the step's can only be a slip; its host is checked later,
// because a pod's own page addresses are known only after sign-in.
func (l *loader) fits(name string, s selector.Selector, want content.Type, site string) bool {
	switch {
	case s.Kind == selector.Tag && want == content.Flow:
		l.problem(name, s.String(), "flows can't be selected by tag")
	case s.Kind == selector.URL && want != "" && s.ContentType != want:
		l.problem(name, s.String(), "is the address of a %s, not of a %s", s.ContentType, want)
	case s.Kind == selector.URL && site != unknownSite && !strings.EqualFold(s.Site, site):
		l.problem(name, s.String(), "lies on %s, but the step signs in to %s", siteWords(s.Site), siteWords(site))
	default:
		return true
	}
	return false
}

func siteWords(site string) string {
	if site == "" {
		return "the Default site"
	}
	return fmt.Sprintf("site %q", cut(site))
}
