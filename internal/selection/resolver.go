package selection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// Resolver looks up selectors, tasks, and schedules on a Tableau site. It reads nothing twice, so it does not notice later
// changes on the site: use a new one after a dbt run. It is not safe for concurrent use.
type Resolver struct {
	config  *config.Tableau
	client  *tableau.Client
	catalog *tableau.Catalog
	retry   rest.RetryTimes
	// allTasks returns all extract refresh tasks, or why they can't be listed; nil before they are requested.
	allTasks func() ([]tableau.ExtractTask, error)
}

// New returns a Resolver for the site of a signed-in client. Lists and items are requested with the given retry times.
func New(config *config.Tableau, client *tableau.Client, retry rest.RetryTimes) *Resolver {
	return &Resolver{config: config, client: client, catalog: client.Catalog(retry), retry: retry}
}

// Resolve returns what the inputs select. A problem of one entry is the entry's Problem. An error concerns all of Tableau, and
// is returned without a selection.
func (r *Resolver) Resolve(ctx context.Context) (Selection, error) {
	s := Selection{Excluded: map[string]bool{}}
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

// Match returns one match for each selector, in their order. If an item of another type matches, the error of the match
// contains it. The returned error concerns all selectors.
func (r *Resolver) Match(ctx context.Context, contentType content.Type, selectors []selector.Selector) ([]tableau.Match, error) {
	matches, err := r.catalog.Resolve(ctx, contentType, selectors)
	for i := range matches {
		m := &matches[i]
		if m.Err == nil || len(m.Items) > 0 {
			continue
		}
		if item, ok := r.catalog.OfOtherType(ctx, contentType, m.Selector); ok {
			m.Err = fmt.Errorf("select %q (%s) as a %s, for example in tableau-%ss: %w",
				item.Name, item.ID, item.Type.Noun(), item.Type, m.Err)
		}
	}
	return matches, err
}

// Exclude removes from found, which contains discovered workbooks and data sources, the items in excluded, and all others that
// tableau-exclude matches. Afterwards, found.Excluded contains both. If the matches can't be determined, it removes all entries
// and returns the reason.
func (r *Resolver) Exclude(ctx context.Context, found *Selection, excluded map[string]bool) error {
	found.Excluded = map[string]bool{}
	maps.Copy(found.Excluded, excluded)
	if _, err := r.resolveExclusions(ctx, found, []content.Type{content.Workbook, content.Datasource}); err != nil {
		*found = Selection{Notes: found.Notes, Warnings: found.Warnings}
		return err
	}
	found.remove(found.Excluded)
	return nil
}

// Complete prepares discovered items, after [Resolver.Exclude], as [Resolver.Resolve] prepares listed ones: it adds the data
// sources of workbooks, skips items without an extract, and makes refreshes incremental, depending on the inputs. Items in noExtract
// are skipped without a lookup, unless they are excluded. The error is also the Problem of each entry that is not skipped.
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

type itemInput struct {
	name        string
	contentType content.Type
	selectors   []selector.Selector
}

func itemInputs(c *config.Tableau) []itemInput {
	return []itemInput{
		{"tableau-workbooks", content.Workbook, c.Workbooks},
		{"tableau-datasources", content.Datasource, c.Datasources},
		{"tableau-flows", content.Flow, c.Flows},
	}
}

func (r *Resolver) addItems(ctx context.Context, to *Selection) error {
	for _, in := range itemInputs(r.config) {
		matches, err := r.Match(ctx, in.contentType, in.selectors)
		if err != nil && !tableau.IsItemError(err) {
			return err
		}
		for i, sel := range in.selectors {
			match := tableau.Match{Err: err}
			if err == nil {
				match = matches[i]
			}
			if match.Err != nil {
				to.AddUnresolved(in.contentType, sel.String(), fmt.Errorf("%s: %w", in.name, match.Err))
				continue
			}
			if match.Undetermined {
				to.Notes = append(to.Notes, fmt.Sprintf("%s: %q might match more items, because the signed-in user can't view all projects. "+
					"To refresh those, list them by LUID", in.name, sel))
			}
			for _, item := range match.Items {
				e := NewEntry(item)
				e.Listed = !sel.MatchesMany()
				to.Add(e)
			}
		}
	}
	return nil
}

// checkFlows sets the problem of each flow with a required parameter, because Tableau would reject the run.
func (r *Resolver) checkFlows(ctx context.Context, to *Selection) error {
	var group errgroup.Group
	for i := range to.Entries {
		e := &to.Entries[i]
		if e.Target.Type != content.Flow {
			continue
		}
		group.Go(func() error {
			flow, err := r.client.Item(ctx, content.Flow, e.Target.ID, r.retry)
			if err != nil && !tableau.IsItemError(err) {
				return err
			}
			e.Problem = cmp.Or(e.Problem, parameterProblem(flow))
			return nil
		})
	}
	return group.Wait()
}

// parameterProblem returns an error about the first required parameter of a flow; nil if there is none.
func parameterProblem(flow tableau.Item) error {
	for _, parameter := range flow.Parameters {
		if parameter.IsRequired {
			return fmt.Errorf("tableau-flows: make the parameter %q of flow %q (%s) optional in Tableau Prep, or remove the flow. "+
				"The action can't set required parameters", parameter.Name, flow.Name, flow.ID)
		}
	}
	return nil
}

// makeIncremental uses the refresh request if the API version supports that, and otherwise the item's incremental task.
func (r *Resolver) makeIncremental(ctx context.Context, to *Selection) error {
	for i := range to.Entries {
		e := &to.Entries[i]
		if !r.config.Incremental || !e.isRefreshable() {
			continue
		}
		if r.client.Version().SupportsIncremental() {
			e.Target.Incremental = true
			continue
		}
		tasks, err := r.extractTasks(ctx, r.retry)
		if err == nil {
			err = e.useIncrementalTask(tasks, r.client.Version())
		} else if !tableau.IsItemError(err) {
			return fmt.Errorf("tableau-incremental: %w", err)
		}
		if err != nil {
			e.Problem = cmp.Or(e.Problem, fmt.Errorf("tableau-incremental: %w", err))
		}
	}
	return nil
}

// useIncrementalTask changes only the target: the row remains that of the item.
func (e *Entry) useIncrementalTask(tasks []tableau.ExtractTask, version tableau.Version) error {
	for _, task := range tasks {
		if task.IsIncremental() && task.Refreshes(e.Target.Type, e.Target.ID) {
			bridge := e.Target.UsesBridge
			e.Target = task.Target()
			e.Target.UsesBridge = bridge
			return nil
		}
	}
	return fmt.Errorf("create an incremental extract refresh task for %q in Tableau, upgrade to Tableau 2025.1 (API 3.25), or "+
		"remove this input. With API %s, an incremental refresh requires such a task", e.Row.Name, version)
}
