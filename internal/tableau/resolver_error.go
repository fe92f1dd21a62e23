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

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/selector"
)

// OtherServerError means that a selector is a URL on another server.
type OtherServerError struct {
	Selector selector.Selector
	// Host is the host of tableau-url.
	Host string
}

func (e *OtherServerError) Error() string {
	return fmt.Sprintf("%q is on %s, but tableau-url is on %s", e.Selector, e.Selector.Host, e.Host)
}

// matchError returns why a selector can't be used: it matches no items, or more than one.
func (r *resolver) matchError(s selector.Selector, items []Item) error {
	switch {
	case s.Kind == selector.URL && !r.isOwnHost(s.Host):
		return &OtherServerError{Selector: s, Host: r.client.session.host}
	case s.Kind == selector.Project && s.Recursive && r.projectsErr != nil:
		return fmt.Errorf("the subprojects of %q could not be found: %w", s, r.projectsErr)
	case len(items) == 0:
		return r.noMatchError(s)
	case s.Kind == selector.Project:
		return projectError(s, r.projectsOf(s, items))
	case len(items) > 1 && !s.MatchesMany():
		text := fmt.Sprintf("%q matches %d %ss. Use one of these paths or LUIDs", s, len(items), r.contentType.Noun())
		return &progress.MatchError{Text: text, Candidates: r.candidates(items)}
	}
	return nil
}

const maxCandidates = 10

// projectError returns an error if a selector matches several projects.
func projectError(s selector.Selector, projects []string) error {
	if len(projects) < 2 {
		return nil
	}
	err := &progress.MatchError{Text: fmt.Sprintf("%q matches %d projects. Use one of", s, len(projects))}
	for _, path := range projects[:min(len(projects), maxCandidates)] {
		err.Candidates = append(err.Candidates, progress.Candidate{Path: path})
	}
	return err
}

func (r *resolver) candidates(items []Item) []progress.Candidate {
	var all []progress.Candidate
	for _, item := range items[:min(len(items), maxCandidates)] {
		all = append(all, progress.Candidate{Path: r.fullPath(item), ID: item.ID, URL: item.URL})
	}
	if more := len(items) - maxCandidates; more > 0 {
		all = append(all, progress.Candidate{Path: fmt.Sprintf("and %d more", more)})
	}
	return all
}

// isOwnHost reports whether a host belongs to this server. The host of a page can differ from that of the API; items include
// theirs.
func (r *resolver) isOwnHost(host string) bool {
	if host == selector.Host(r.client.rest.Base()) || host == r.client.session.host {
		return true
	}
	for _, item := range r.items {
		if page, err := selector.Parse(item.URL); err == nil && page.Host == host {
			return true
		}
	}
	return false
}

func (r *resolver) noMatchError(s selector.Selector) error {
	if err := r.rejected[s.LUID]; err != nil {
		return err
	}
	text := fmt.Sprintf("no %s %q found (or no permission to view it)", r.contentType.Noun(), s)
	if path := strings.NewReplacer(" > ", "/", ">", "/").Replace(s.String()); s.Kind == selector.Path && path != s.String() {
		text += fmt.Sprintf(". Separate projects with slashes: %q", path)
	}
	err := errors.New(text)
	if items := r.inPersonalSpace(s); len(items) > 0 {
		err = &progress.MatchError{Text: text + ". For an item in a personal space, use its LUID or URL", Candidates: r.candidates(items)}
	} else if suggestions := r.suggestions(s); len(suggestions) > 0 {
		err = &progress.MatchError{Text: text + ". Did you mean", Candidates: suggestions}
	}
	if r.projectsErr != nil && (s.Anchored || len(s.Path) > 2 || s.Kind == selector.Project && len(s.Path) > 1) {
		return fmt.Errorf("%s. Use only the item's own project in the path, because the list of projects is unavailable: %w", err.Error(),
			r.projectsErr)
	}
	return err
}

func (r *resolver) inPersonalSpace(s selector.Selector) []Item {
	items := r.filter(func(item Item) bool {
		return s.Kind == selector.Path && item.Project.ID == "" && strings.EqualFold(item.Name, s.Path[len(s.Path)-1])
	})
	r.sortByPath(items)
	return items
}

const (
	maxSuggestions      = 3
	maxComparedBytes    = 1000 // comparing longer names takes too long
	maxRelativeDistance = 0.4  // edit distance divided by the length of the longer name
)

// suggestions returns the items, or for a Project the projects, with the most similar names.
func (r *resolver) suggestions(s selector.Selector) []progress.Candidate {
	distances := map[progress.Candidate]int{}
	add := func(name string, candidate progress.Candidate) {
		if distance, isSimilar := nameDistance(s.Path[len(s.Path)-1], name); isSimilar {
			distances[candidate] = distance
		}
	}
	switch s.Kind {
	case selector.Path:
		for _, item := range r.items {
			add(item.Name, r.candidates([]Item{item})[0])
		}
	case selector.Project:
		for id, p := range r.projects {
			entry := s
			entry.Path, entry.Anchored = r.projects.path(id)
			add(p.Name, progress.Candidate{Path: entry.String()})
		}
	}
	found := slices.SortedFunc(maps.Keys(distances), func(a, b progress.Candidate) int {
		return cmp.Or(cmp.Compare(distances[a], distances[b]), cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID))
	})
	return found[:min(len(found), maxSuggestions)]
}

func nameDistance(want, name string) (distance int, isSimilar bool) {
	if max(len(want), len(name)) > maxComparedBytes {
		return 0, false
	}
	want, name = strings.ToLower(want), strings.ToLower(name)
	distance = levenshtein.ComputeDistance(want, name)
	longest := max(utf8.RuneCountInString(want), utf8.RuneCountInString(name))
	return distance, float64(distance) <= maxRelativeDistance*float64(longest) || strings.Contains(name, want)
}
