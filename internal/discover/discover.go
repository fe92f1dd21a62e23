// Package discover finds Tableau content downstream of what dbt built, through the exposures of the dbt project and the lineage
// of Tableau's Metadata API.
//
// It takes what was built and a signed-in client, and returns further targets with their reasons, and what could not be
// determined. It only reads. It must never treat a failed search as an empty result, and never select an item that
// tableau-exclude matches.
package discover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/runresult"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// Options are the inputs of a discovery.
type Options struct {
	Config *config.Tableau
	Client *tableau.Client
	// RunLabel is the name of the run in messages, such as "dbt run 4711".
	RunLabel string
	Build    runresult.Build
	// BuildErr is why Build is incomplete; nil if it is complete.
	BuildErr error
	// Excluded contains the LUIDs, in lower case, of items that are already excluded.
	Excluded map[string]bool
	// Retry is how long requests are retried.
	Retry rest.RetryTimes
}

// Result is the result of a discovery.
type Result struct {
	// Selection contains the discovered targets, with notes and warnings.
	Selection selection.Selection
	// Discovery is for the report. [Result.AddTo] completes it.
	Discovery progress.Discovery
	// Err is what could not be determined; nil if nothing is missing.
	Err error
}

// Find returns the content that depends on what was built.
func Find(ctx context.Context, o Options) Result {
	s := search{
		Options: o, nodes: o.Build.Nodes, resolver: selection.New(o.Config, o.Client, o.Retry),
		reasons: map[string][]string{}, errs: []error{o.BuildErr},
	}
	if o.Config.Discover.Unchanged {
		s.nodes = o.Build.NodesAndUnchanged()
	}
	s.discovery = progress.Discovery{
		Run: o.RunLabel, Relations: len(o.Build.Nodes), Unchanged: o.Build.Unchanged, Tables: relationNames(s.nodes),
	}
	if len(o.Build.Manifests()) > 0 {
		s.run(ctx)
	}
	for i := range s.discovery.Items {
		s.discovery.Items[i].Reasons = s.reasons[s.discovery.Items[i].ID]
	}
	return Result{Selection: s.found, Discovery: s.discovery, Err: errors.Join(s.errs...)}
}

// AddTo adds the discovered targets to those that the inputs select. Afterwards, the discovery also contains what each target
// waits for and why it is skipped.
func (r *Result) AddTo(all *selection.Selection) {
	all.AddAll(r.Selection)
	if len(r.Discovery.Items) > 0 && len(all.Entries) == 0 {
		r.Selection.Warnings = append(r.Selection.Warnings, selection.NothingLeft)
	}
	for i := range r.Discovery.Items {
		item := &r.Discovery.Items[i]
		if e, ok := all.Lookup(item.ID); ok {
			item.After = e.Row.WaitsFor
			if e.Row.Status == progress.StatusSkipped {
				item.Skipped = e.Row.Error
			}
		}
	}
}

type search struct {
	Options
	nodes          []artifact.Node // whose dependents are searched
	resolver       *selection.Resolver
	found          selection.Selection
	withoutExtract []tableau.Item      // not looked up, because they have no extract
	reasons        map[string][]string // tables, views, and exposures, by the LUID of the item in lower case
	discovery      progress.Discovery
	errs           []error
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
			s.warn("%s built no tables or views", s.RunLabel)
		}
		return
	}
	if s.Config.Discover.Exposures {
		s.errs = append(s.errs, s.exposures(ctx))
	}
	if s.Config.Discover.Lineage {
		s.errs = append(s.errs, s.lineage(ctx))
	}
	s.errs = append(s.errs, s.complete(ctx))
}

// complete prepares discovered items as the preflight prepares listed ones.
func (s *search) complete(ctx context.Context) error {
	if err := s.resolver.Exclude(ctx, &s.found, s.Excluded); err != nil {
		s.discovery.Items = nil
		return err
	}
	for i := range s.discovery.Items {
		if item := &s.discovery.Items[i]; s.found.Excluded[item.ID] {
			item.Skipped = "excluded"
		}
	}
	return s.resolver.Complete(ctx, &s.found, s.withoutExtract)
}

func (s *search) addItem(item tableau.Item, reasons ...string) {
	id := strings.ToLower(item.ID)
	if s.reasons[id] == nil {
		shown := progress.DiscoveredItem{Type: item.Type, ID: id, Name: item.Name, Project: item.Project.Name}
		s.discovery.Items = append(s.discovery.Items, shown)
	}
	for _, reason := range reasons {
		if !slices.Contains(s.reasons[id], reason) {
			s.reasons[id] = append(s.reasons[id], reason)
		}
	}
}

// relationNames returns the tables and views of the nodes without duplicates.
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

// lineage adds the content that depends on the built tables and views, according to the Metadata API.
func (s *search) lineage(ctx context.Context) error {
	known, err := s.Client.Lineage(ctx, lineage.TableNames(s.nodes), s.Retry)
	if err != nil {
		return fmt.Errorf("tableau-discover: lineage: %w", err)
	}
	found := lineage.Find(s.nodes, known)
	for _, warning := range found.Warnings {
		s.warn("lineage: %s", warning)
	}
	for _, contentType := range []content.Type{content.Datasource, content.Workbook} {
		if err := s.addDependents(ctx, contentType, found.Items); err != nil {
			return fmt.Errorf("tableau-discover: lineage: %w", err)
		}
	}
	for _, item := range found.WithoutExtract {
		known := tableau.Item{Type: item.Type, ID: item.ID, Name: item.Name, HasExtracts: tableau.BoolFalse}
		known.Project.Name = item.ProjectName
		s.addItem(known, lineage.RelationNames(item.Relations)...)
		s.withoutExtract = append(s.withoutExtract, known)
	}
	if known.Backfilling && len(found.Items) == 0 {
		return errors.New("tableau-discover: lineage: re-run this job later. The Metadata API returned nothing to refresh, " +
			"but it has not indexed all content of the site yet")
	}
	return nil
}

// addDependents adds the items of one type. Only the REST API returns all of their properties.
func (s *search) addDependents(ctx context.Context, contentType content.Type, items []lineage.Item) error {
	items = slices.DeleteFunc(slices.Clone(items), func(i lineage.Item) bool { return i.Type != contentType })
	var selectors []selector.Selector
	for _, item := range items {
		selectors = append(selectors, selector.Selector{Kind: selector.LUID, LUID: item.ID})
	}
	matches, err := s.resolver.Match(ctx, contentType, selectors)
	if err != nil {
		return err
	}
	for i, match := range matches {
		item := items[i]
		if match.Err != nil {
			s.warn("lineage: %s %q (%s) was skipped: %v", contentType.Noun(), item.Name, item.ID, match.Err)
			continue
		}
		for _, known := range match.Items {
			e := selection.NewEntry(known)
			e.After = item.RefreshAfter
			s.addItem(known, lineage.RelationNames(item.Relations)...)
			s.found.Add(e)
		}
	}
	return nil
}
