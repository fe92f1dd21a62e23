package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// discovers reports whether what to refresh follows from the run.
func (s *story) discovers() bool {
	return s.config.Tableau != nil && s.config.Tableau.Discover != config.Discover{}
}

// checkDiscovery finds out before the run whether there will be an answer after it.
func (s *story) checkDiscovery(ctx context.Context) error {
	if !s.config.Tableau.Discover.Lineage {
		return nil
	}
	if err := s.tableau.CheckMetadata(ctx); err != nil {
		return fmt.Errorf("tableau-discover: lineage: %w", err)
	}
	return nil
}

// discover adds what the run fed to what is selected. What it could not look at is returned as unseen: the rest is to be
// refreshed all the same. An error is one that ends the step.
func (s *story) discover(ctx context.Context, run dbt.Run) (unseen, err error) {
	if !s.discovers() {
		return nil, nil
	}
	if s.lost != nil {
		return fmt.Errorf("tableau-discover: %w", s.lost), nil
	}
	s.catalog = s.tableau.Catalog(s.patience()) // the site may have changed during the run
	s.doing = fmt.Sprintf("finding out what dbt run %d fed", run.ID)
	made, problem := s.build(ctx, run)
	if problem != nil {
		problem = fmt.Errorf("tableau-discover: failed to find out what dbt run %d has built: %w", run.ID, problem)
	}
	d := discovery{story: s, build: made, by: map[string][]string{}, problems: []error{problem}}
	d.result.RunID, d.result.Relations = run.ID, len(made.nodes)
	s.result.Built = builtOf(made.results)
	if made.manifest != nil {
		d.look(ctx)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.extend(&d)
	return errors.Join(d.problems...), nil
}

// discovery is the search for what a run fed.
type discovery struct {
	story *story
	build build
	found selection
	// live are entries without an extract that need not be looked up.
	live []entry
	// by is what led to an item, by its LUID.
	by     map[string][]string
	result progress.Discovery
	// problems are why something could not be looked at.
	problems []error
}

// look follows what was built to what is to be refreshed.
func (d *discovery) look(ctx context.Context) {
	c := d.story.config.Tableau
	for _, node := range d.build.results.WithStatus(artifact.PartialSuccess) {
		d.warn("%s was built in part only: what reads it is not refreshed on its account", node.UniqueID)
	}
	if len(d.build.nodes) == 0 {
		if errors.Join(d.problems...) == nil { // else nobody knows
			d.warn("dbt run %d has built nothing that anything could read", d.result.RunID)
		}
		return
	}
	var steps []func(context.Context) error
	if c.Discover.Exposures {
		steps = append(steps, d.exposures)
	}
	if c.Discover.Lineage {
		steps = append(steps, d.lineage)
	}
	for _, step := range append(steps, d.complete) {
		if err := step(ctx); err != nil {
			d.problems = append(d.problems, err)
		}
	}
}

// complete does with what was found what the preflight does with what was named.
func (d *discovery) complete(ctx context.Context) error {
	s := d.story
	d.found.excluded = maps.Clone(s.selection.excluded)
	if _, err := s.resolveExcluded(ctx, &d.found, []content.Type{content.Workbook, content.Datasource}); err != nil {
		// Nobody can tell what of it must not be refreshed.
		d.found = selection{notes: d.found.notes, warnings: d.found.warnings}
		d.result.Items = nil
		return err
	}
	d.leaveOut(d.found.excluded, "excluded")
	d.found.remove(d.found.excluded)
	err := s.addSources(ctx, &d.found)
	for _, e := range d.live {
		if !d.found.excluded[e.item()] {
			d.found.add(e)
		}
	}
	if err = errors.Join(err, s.leaveOutLive(ctx, &d.found), s.makeIncremental(ctx, &d.found)); err != nil {
		d.found.hold(err)
	}
	return err
}

// hold keeps everything from being refreshed of which it is not known how.
func (s *selection) hold(problem error) {
	for i := range s.entries {
		if e := &s.entries[i]; !e.row.Status.Ended() {
			e.problem = cmp.Or(e.problem, problem)
		}
	}
}

// note keeps an item with what led to it.
func (d *discovery) note(item tableau.Item, by ...string) {
	id := strings.ToLower(item.ID)
	if d.by[id] == nil {
		d.result.Items = append(d.result.Items, progress.DiscoveredItem{Type: item.Type, ID: id, Name: item.Name, Project: item.Project.Name})
	}
	for _, one := range by {
		if !slices.Contains(d.by[id], one) {
			d.by[id] = append(d.by[id], one)
		}
	}
}

func (d *discovery) leaveOut(items map[string]bool, reason string) {
	for i := range d.result.Items {
		if find := &d.result.Items[i]; items[find.ID] {
			find.Skipped = reason
		}
	}
}

func (d *discovery) warn(format string, args ...any) {
	d.found.warnings = append(d.found.warnings, "tableau-discover: "+fmt.Sprintf(format, args...))
}

// extend puts what was found among what is selected, and tells of it.
func (s *story) extend(d *discovery) {
	for i := range d.found.entries {
		e := &d.found.entries[i]
		if e.problem != nil {
			e.row.Error = e.problem.Error()
			if !s.config.DryRun {
				e.row.Status = progress.StatusFailed
			}
		}
	}
	s.selection.absorb(d.found)
	if len(d.result.Items) > 0 && len(s.selection.entries) == 0 {
		d.found.warnings = append(d.found.warnings, nothingLeft)
	}
	s.result.Refreshes = s.rows()
	d.finish(&s.selection)
	if len(d.build.nodes) > 0 {
		s.result.Discovery = &d.result
		s.observe(progress.Discovered{Discovery: d.result, Refreshes: s.result.Refreshes})
	}
	for _, note := range d.found.notes {
		s.observe(progress.Noted{Text: note})
	}
	for _, warning := range d.found.warnings {
		s.warn(warning)
	}
}

// finish adds to each find what is known at the end.
func (d *discovery) finish(all *selection) {
	for i := range d.result.Items {
		find := &d.result.Items[i]
		find.Reasons = d.by[find.ID]
		place, ok := all.places[find.ID]
		if !ok {
			continue
		}
		e := all.entries[place]
		find.After = all.names(e.after)
		if e.row.Status == progress.StatusSkipped {
			find.Skipped = e.row.Error
		}
	}
}

// absorb adds the entries of another selection. What is in both is refreshed once.
func (s *selection) absorb(other selection) {
	for _, e := range other.entries {
		if e.goal.ID == "" {
			s.entries = append(s.entries, e) // what could not be found has no item
			continue
		}
		s.add(e)
	}
}

// owning is the error of the refreshes, unless something could not be looked at, which counts for more. A step that was
// cancelled is that above all.
func (s *story) owning(ctx context.Context, unseen, err error) error {
	if unseen == nil || isCancelled(ctx, err) {
		return err
	}
	return progress.Fail(progress.OutcomeError, unseen)
}

func isCancelled(ctx context.Context, err error) bool {
	_, limited := errors.AsType[*progress.LimitError](err)
	return stopCause(ctx, err) != nil && !limited
}
