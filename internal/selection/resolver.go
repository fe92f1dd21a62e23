package selection

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// Resolver looks up selectors, tasks, and schedules on a Tableau site. It reads nothing twice, and so does not notice what
// changes on the site: use a new one after a dbt run. It is not safe for concurrent use.
type Resolver struct {
	config  *config.Tableau
	client  *tableau.Client
	catalog *tableau.Catalog
	retry   rest.RetryTimes
	// tasks are all extract refresh tasks if tasksListed is true, and tasksErr is why they could not be listed.
	tasks       []tableau.ExtractTask
	tasksErr    error
	tasksListed bool
}

// New returns a Resolver for the site of a client that is signed in. Lists and items are requested with the given retry times.
func New(config *config.Tableau, client *tableau.Client, retry rest.RetryTimes) *Resolver {
	return &Resolver{config: config, client: client, catalog: client.Catalog(retry), retry: retry}
}

// Resolve returns what the inputs select. What is wrong with one entry is the entry's Problem; an error concerns all of
// Tableau, and comes without a selection.
func (r *Resolver) Resolve(ctx context.Context) (Selection, error) {
	var s Selection
	for _, step := range []func(context.Context, *Selection) error{
		r.addItems, r.addTasks, r.addSchedules, r.exclude, r.checkFlows, r.addDatasources, r.skipNoExtract, r.makeIncremental,
	} {
		if err := step(ctx, &s); err != nil {
			return Selection{}, err
		}
	}
	s.noteOrder()
	s.setWaitsFor()
	return s, nil
}

// Match returns one match for each selector, in their order. If an item of another type has the name, its error says so. An
// error that is returned concerns all selectors.
func (r *Resolver) Match(ctx context.Context, contentType content.Type, selectors []selector.Selector) ([]tableau.Match, error) {
	matches, err := r.catalog.Resolve(ctx, contentType, selectors)
	for i := range matches {
		m := &matches[i]
		if m.Err == nil || len(m.Items) > 0 {
			continue
		}
		if item, ok := r.catalog.OfOtherType(ctx, contentType, m.Selector); ok {
			m.Err = fmt.Errorf("%w; %q (%s) is a %s: select it as such, for example in tableau-%ss", m.Err, item.Name, item.ID, item.Type.Noun(), item.Type)
		}
	}
	return matches, err
}

// Exclude removes from found, which holds discovered workbooks and data sources, what is in excluded, and whatever else
// tableau-exclude matches: found.Excluded contains both afterwards. If that can't be determined, it removes all entries and
// returns the reason.
func (r *Resolver) Exclude(ctx context.Context, found *Selection, excluded map[string]bool) error {
	found.Excluded = maps.Clone(excluded)
	if _, err := r.resolveExclusions(ctx, found, []content.Type{content.Workbook, content.Datasource}); err != nil {
		*found = Selection{Notes: found.Notes, Warnings: found.Warnings}
		return err
	}
	found.remove(found.Excluded)
	return nil
}

// Complete prepares discovered items, after [Resolver.Exclude], in the same way as [Resolver.Resolve] prepares listed ones: it
// adds the data sources of workbooks, skips what has no extract, and makes refreshes incremental, as the inputs say. Items in
// noExtract need no lookup, and are skipped unless they are excluded. The error is also the Problem of each entry that was to
// be refreshed.
func (r *Resolver) Complete(ctx context.Context, found *Selection, noExtract []tableau.Item) error {
	err := r.addDatasources(ctx, found)
	for _, item := range noExtract {
		if e := NewEntry(item); !found.Excluded[e.ItemLUID()] {
			found.Add(e)
		}
	}
	err = errors.Join(err, r.skipNoExtract(ctx, found), r.makeIncremental(ctx, found))
	if err != nil {
		found.block(err, func(e Entry) bool { return !e.Row.Status.Ended() })
	}
	return err
}
