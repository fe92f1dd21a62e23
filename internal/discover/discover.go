// Package discover finds what to refresh downstream of what dbt built, through the exposures of the dbt project and the
// lineage of Tableau's Metadata API.
//
// It takes what was built and a signed-in client, and returns further targets, together with what led to them and with what
// could not be determined: that something was not found is never taken for proof that it does not exist. It only reads. It
// must never select an item that tableau-exclude matches.
package discover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/runresult"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
)

// Options is what a discovery needs to know.
type Options struct {
	Config *config.Tableau
	Client *tableau.Client
	// RunLabel is the name of the run that built Build in messages, such as "dbt run 4711".
	RunLabel string
	Build    runresult.Build
	// BuildErr is why Build is incomplete; nil if it is not.
	BuildErr error
	// Excluded contains the LUIDs, in lower case, of items that are already known to be excluded.
	Excluded map[string]bool
	// Retry is how long requests are retried.
	Retry rest.RetryTimes
}

// Result is what a discovery found.
type Result struct {
	// Selection contains the targets that were found, with notes and warnings.
	Selection selection.Selection
	// Discovery is what the report shows of it. [Result.AddTo] completes it.
	Discovery progress.Discovery
	// Err is what could not be determined; nil if nothing is missing.
	Err error
}

// Find follows what was built to what depends on it.
func Find(ctx context.Context, o Options) Result {
	s := search{Options: o, nodes: o.Build.Nodes, resolver: selection.New(o.Config, o.Client, o.Retry), reasons: map[string][]string{}, errs: []error{o.BuildErr}}
	if o.Config.Discover.Unchanged {
		s.nodes = o.Build.NodesAndUnchanged()
	}
	s.shown = progress.Discovery{Run: o.RunLabel, Relations: len(o.Build.Nodes), Unchanged: o.Build.Unchanged}
	if len(o.Build.Manifests()) > 0 {
		s.run(ctx)
	}
	itemNames := map[string][]string{}
	for i := range s.shown.Items {
		item := &s.shown.Items[i]
		item.Reasons = s.reasons[item.ID]
		for _, reason := range item.Reasons {
			itemNames[reason] = append(itemNames[reason], item.Name)
		}
	}
	for _, name := range relationNames(s.nodes) {
		s.shown.Tables = append(s.shown.Tables, progress.DiscoveredTable{Name: name, Items: itemNames[name]})
	}
	return Result{Selection: s.found, Discovery: s.shown, Err: errors.Join(s.errs...)}
}

// AddTo adds the targets that were found to those that the inputs select. Afterwards, the discovery also shows what each
// target waits for and why it is skipped.
func (r *Result) AddTo(all *selection.Selection) {
	all.AddAll(r.Selection)
	if len(r.Discovery.Items) > 0 && len(all.Entries) == 0 {
		r.Selection.Warnings = append(r.Selection.Warnings, selection.NothingLeft)
	}
	for i := range r.Discovery.Items {
		item := &r.Discovery.Items[i]
		if e, ok := all.Item(item.ID); ok {
			item.After = e.Row.WaitsFor
			if e.Row.Status == progress.StatusSkipped {
				item.Skipped = e.Row.Error
			}
		}
	}
}

// search is one discovery in progress.
type search struct {
	Options
	// nodes are those whose dependents are searched.
	nodes    []artifact.Node
	resolver *selection.Resolver
	found    selection.Selection
	// withoutExtract are items that need not be looked up, since they have no extract.
	withoutExtract []tableau.Item
	// reasons are the tables, views, and exposures that led to an item, by its LUID in lower case.
	reasons map[string][]string
	shown   progress.Discovery
	errs    []error
}

func (s *search) run(ctx context.Context) {
	for _, text := range s.Build.Warnings {
		s.warn("%s", text)
	}
	for _, text := range s.Build.Notes {
		s.found.Notes = append(s.found.Notes, "tableau-discover: "+text)
	}
	if s.Config.Discover.Exposures {
		s.noteIndependentExposures()
	}
	if len(s.nodes) == 0 {
		if s.BuildErr == nil { // otherwise, it is unknown
			s.warn("%s has built nothing that anything could read", s.RunLabel)
		}
		return
	}
	var steps []func(context.Context) error
	if s.Config.Discover.Exposures {
		steps = append(steps, s.exposures)
	}
	if s.Config.Discover.Lineage {
		steps = append(steps, s.lineage)
	}
	for _, step := range append(steps, s.complete) {
		if err := step(ctx); err != nil {
			s.errs = append(s.errs, err)
		}
	}
}

// complete does with what was found what the preflight does with what is listed.
func (s *search) complete(ctx context.Context) error {
	if err := s.resolver.Exclude(ctx, &s.found, s.Excluded); err != nil {
		s.shown.Items = nil
		return err
	}
	for i := range s.shown.Items {
		if item := &s.shown.Items[i]; s.found.Excluded[item.ID] {
			item.Skipped = "excluded"
		}
	}
	return s.resolver.Complete(ctx, &s.found, s.withoutExtract)
}

// addItem records an item, and what led to it.
func (s *search) addItem(item tableau.Item, reasons ...string) {
	id := strings.ToLower(item.ID)
	if s.reasons[id] == nil {
		s.shown.Items = append(s.shown.Items, progress.DiscoveredItem{Type: item.Type, ID: id, Name: item.Name, Project: item.Project.Name})
	}
	for _, reason := range reasons {
		if !slices.Contains(s.reasons[id], reason) {
			s.reasons[id] = append(s.reasons[id], reason)
		}
	}
}

// relationNames returns the tables and views of the nodes, each once.
func relationNames(nodes []artifact.Node) []string {
	var names []string
	seen := map[string]bool{}
	for _, n := range nodes {
		if name := n.Relation.String(); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

func (s *search) warn(format string, args ...any) {
	s.found.Warnings = append(s.found.Warnings, "tableau-discover: "+fmt.Sprintf(format, args...))
}
