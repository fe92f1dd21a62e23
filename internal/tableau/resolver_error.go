package tableau

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"dbt-tableau-refresh/internal/selector"
)

// problem says why a selector can't be used: it means nothing, or too much.
func (r *resolver) matchError(s selector.Selector, items []Item) error {
	if s.Kind == selector.URL {
		if err := r.checkHost(s); err != nil {
			return err
		}
	}
	switch {
	case len(items) == 0:
		return r.noMatchError(s)
	case len(items) > 1 && s.Kind != selector.Tag:
		return fmt.Errorf("%q means %d %ss; write a whole path with its leading slash, or a LUID: %s", s, len(items), r.contentType.Noun(), r.describe(items))
	}
	return nil
}

// mostCandidates is how many items an error names.
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

// foreign refuses the address of another server. Where Tableau's own pages are is known from the items on them.
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

// ForeignError is the address of a page on another server.
type OtherServerError struct {
	Selector selector.Selector
	// Host is the one that is signed in to.
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
	if hidden := r.inPersonalSpace(s); len(hidden) > 0 {
		text += "; what lies in a personal space matches by LUID or address only: " + r.describe(hidden)
	} else if near := r.suggestions(s); near != "" {
		text += "; the nearest: " + near
	}
	if r.catalog.projectsErr != nil && (s.Anchored || len(s.Path) > 2) {
		return fmt.Errorf("%s; of a path only the item's own project can be told, for the projects may not be listed: %w", text, r.catalog.projectsErr)
	}
	return errors.New(text)
}

// inPersonalSpaces are the items that a path would mean if names counted there.
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
	// longestName is in bytes; to compare longer ones takes too long, and is of no use.
	maxComparedBytes = 1000
	// farthest is how different a name may be, as a part of its length, to be worth naming.
	maxRelativeDistance = 0.4
)

// nearest are the items with the most similar names.
func (r *resolver) suggestions(s selector.Selector) string {
	if s.Kind != selector.Path {
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
	for _, item := range r.items {
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
	for _, n := range found[:min(len(found), maxSuggestions)] {
		items = append(items, n.item)
	}
	return r.describe(items)
}
