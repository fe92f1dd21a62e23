package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// tableauCheck is what the Tableau half of the preflight found.
type tableauCheck struct {
	site      *progress.Site
	selection selection
	// err concerns all of Tableau; what concerns one selector is among the selection's problems.
	err error
	// blind is why nothing could be discovered; nil also when nothing is to be.
	blind error
}

func (c tableauCheck) problem() error { return errors.Join(c.err, c.blind, c.selection.problem()) }

func (s *story) checkTableau(ctx context.Context) tableauCheck {
	check := tableauCheck{site: &progress.Site{Host: s.config.Tableau.URL.Host, ContentURL: s.config.Tableau.Site}}
	s.catalog = s.tableau.Catalog(rest.Preflight)
	if check.err = s.enterTableau(ctx, check.site); check.err == nil {
		check.err = s.selectAll(ctx, &check.selection)
	}
	if check.err != nil {
		check.selection = s.unresolved()
		return check
	}
	check.blind = s.checkDiscovery(ctx)
	return check
}

func (s *story) enterTableau(ctx context.Context, site *progress.Site) error {
	server, err := s.tableau.ServerInfo(ctx)
	if err != nil {
		return err
	}
	site.Product, site.API = server.ProductVersion, s.tableau.Version().String()
	if err := s.checkVersion(); err != nil {
		return err
	}
	return s.tableau.SignIn(ctx)
}

// unresolved is the selection as it was written, for when nothing could be looked up.
func (s *story) unresolved() selection {
	var written selection
	row := func(kind content.Type, text string) {
		written.entries = append(written.entries, entry{row: progress.Refresh{Type: kind, Name: text, Status: progress.StatusNotStarted}})
	}
	for _, l := range s.lists() {
		for _, want := range l.selectors {
			row(l.kind, want.String())
		}
	}
	for _, want := range slices.Concat(s.config.Tableau.Tasks, s.config.Tableau.Schedules) {
		row(content.Task, want)
	}
	return written
}

// selectAll turns the inputs into targets. What does not resolve, or may not be looked at, is told all at once; an error is one
// that ends the looking.
func (s *story) selectAll(ctx context.Context, to *selection) error {
	for _, step := range []func(context.Context, *selection) error{
		s.selectItems, s.selectTasks, s.selectSchedules, s.exclude, s.addSources, s.leaveOutLive, s.makeIncremental, s.tellOrder,
	} {
		if err := step(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// list is an input that lists selectors.
type list struct {
	input     string
	kind      content.Type
	selectors []selector.Selector
}

func (s *story) lists() []list {
	c := s.config.Tableau
	return []list{
		{"tableau-workbooks", content.Workbook, c.Workbooks},
		{"tableau-datasources", content.Datasource, c.Datasources},
		{"tableau-flows", content.Flow, c.Flows},
	}
}

func (s *story) selectItems(ctx context.Context, to *selection) error {
	for _, l := range s.lists() {
		matches, err := s.catalog.Resolve(ctx, l.kind, l.selectors)
		if err != nil && !tableau.IsItemError(err) {
			return err
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", l.input, err)
			for _, want := range l.selectors {
				to.missing(l.kind, want.String(), err)
			}
		}
		for _, match := range matches {
			if match.Err != nil {
				to.missing(l.kind, match.Selector.String(), fmt.Errorf("%s: %w", l.input, match.Err))
				continue
			}
			for _, item := range match.Items {
				to.add(newEntry(item, match.Selector.Kind != selector.Tag))
			}
		}
	}
	return nil
}
