package tableau

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"dbt-tableau-refresh/internal/selector"
)

// matchError returns why a selector can't be used: it matches no items, or more than one.
func (r *resolver) matchError(s selector.Selector, items []Item) error {
	if s.Kind == selector.URL {
		if err := r.checkHost(s); err != nil {
			return err
		}
	}
	switch {
	case s.Kind == selector.Project && s.Recursive && r.catalog.projectsErr != nil:
		return fmt.Errorf("%q needs the list of projects, to find the subprojects: %w", s, r.catalog.projectsErr)
	case len(items) == 0:
		return r.noMatchError(s)
	case s.Kind == selector.Project:
		if projects := r.projectsOf(s, items); len(projects) > 1 {
			return fmt.Errorf("%q matches %d projects. Use one of: %s", s, len(projects), strings.Join(projects[:min(len(projects), maxDescribedItems)], ", "))
		}
	case len(items) > 1 && !s.MatchesMany():
		return fmt.Errorf("%q means %d %ss; write a whole path with its leading slash, or a LUID: %s", s, len(items), r.contentType.Noun(), r.describe(items))
	}
	return nil
}

// maxDescribedItems is how many items an error lists.
const maxDescribedItems = 10

func (r *resolver) describe(items []Item) string {
	var all []string
	for _, item := range items[:min(len(items), maxDescribedItems)] {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s (%s) %s", r.fullPath(item), item.ID, item.URL)))
	}
	if more := len(items) - maxDescribedItems; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}

// checkHost returns an error for a URL of another server. The host of a page can differ from that of the API; items include
// theirs.
func (r *resolver) checkHost(s selector.Selector) error {
	if s.Host == selector.Host(r.client.rest.Base()) || s.Host == r.client.session.host {
		return nil
	}
	for _, item := range r.items {
		if page, err := selector.Parse(item.URL); err == nil && page.Host == s.Host {
			return nil
		}
	}
	return &OtherServerError{Selector: s, Host: r.client.session.host}
}

// OtherServerError means that a selector is a URL on another server.
type OtherServerError struct {
	Selector selector.Selector
	// Host is the host of tableau-url.
	Host string
}

func (e *OtherServerError) Error() string {
	return fmt.Sprintf("%q is on %s, and not on %s of tableau-url", e.Selector, e.Selector.Host, e.Host)
}

func (r *resolver) noMatchError(s selector.Selector) error {
	if err := r.rejected[s.LUID]; err != nil && s.Kind == selector.LUID {
		return err
	}
	text := fmt.Sprintf("%q means no %s that the signed-in user may see", s, r.contentType.Noun())
	if path := strings.NewReplacer(" > ", "/", ">", "/").Replace(s.String()); s.Kind == selector.Path && path != s.String() {
		text += fmt.Sprintf("; write a path with slashes: %q", path)
	}
	if items := r.inPersonalSpace(s); len(items) > 0 {
		text += "; what lies in a personal space matches by LUID or address only: " + r.describe(items)
	} else if suggestions := r.suggestions(s); suggestions != "" {
		text += "; the nearest: " + suggestions
	}
	if r.catalog.projectsErr != nil && (s.Anchored || len(s.Path) > 2 || s.Kind == selector.Project && len(s.Path) > 1) {
		return fmt.Errorf("%s; of a path only the item's own project can be told, for the projects may not be listed: %w", text, r.catalog.projectsErr)
	}
	return errors.New(text)
}

// inPersonalSpace returns the items in personal spaces whose name a path ends in. Paths do not match them.
func (r *resolver) inPersonalSpace(s selector.Selector) []Item {
	if s.Kind != selector.Path {
		return nil
	}
	items := r.filter(func(item Item) bool {
		return item.Project.ID == "" && strings.EqualFold(item.Name, s.Path[len(s.Path)-1])
	})
	r.sortByPath(items)
	return items
}

const (
	maxSuggestions = 3
	// maxComparedBytes excludes longer names from the suggestions, because comparing them takes too long.
	maxComparedBytes = 1000
	// maxRelativeDistance is the largest edit distance of a suggestion, as a fraction of the length of the longer name.
	maxRelativeDistance = 0.4
)

// suggestions describes the items, or for a Project the projects, with the most similar names.
func (r *resolver) suggestions(s selector.Selector) string {
	candidates := maps.Values(r.items)
	switch s.Kind {
	case selector.Path:
	case selector.Project:
		candidates = maps.Values(r.catalog.projects.asItems())
	default:
		return ""
	}
	type suggestion struct {
		item     Item
		distance int
	}
	want := strings.ToLower(s.Path[len(s.Path)-1])
	if len(want) > maxComparedBytes {
		return ""
	}
	var found []suggestion
	for item := range candidates {
		name := strings.ToLower(item.Name)
		if len(name) > maxComparedBytes {
			continue
		}
		distance := levenshtein.ComputeDistance(want, name)
		longest := max(utf8.RuneCountInString(want), utf8.RuneCountInString(name))
		if float64(distance) <= maxRelativeDistance*float64(longest) || strings.Contains(name, want) {
			found = append(found, suggestion{item, distance})
		}
	}
	slices.SortStableFunc(found, func(a, b suggestion) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(r.fullPath(a.item), r.fullPath(b.item)), cmp.Compare(a.item.ID, b.item.ID))
	})
	var items []Item
	for _, suggestion := range found[:min(len(found), maxSuggestions)] {
		items = append(items, suggestion.item)
	}
	return r.describe(items)
}
