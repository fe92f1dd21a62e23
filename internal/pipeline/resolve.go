package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// tableauCheck is what the Tableau half of the preflight found.
type tableauCheck struct {
	site      *Site
	selection selection
	// err concerns all of Tableau; what concerns one selector is among the selection's problems.
	err error
	// blind is why nothing could be discovered; nil also when nothing is to be.
	blind error
}

func (c tableauCheck) problem() error { return errors.Join(c.err, c.blind, c.selection.problem()) }

func (s *story) checkTableau(ctx context.Context) tableauCheck {
	check := tableauCheck{site: &Site{Host: s.config.Tableau.URL.Host, ContentURL: s.config.Tableau.Site}}
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

func (s *story) enterTableau(ctx context.Context, site *Site) error {
	server, err := s.tableau.Server(ctx)
	if err != nil {
		return err
	}
	site.Product, site.API = server.Product, s.tableau.Version().String()
	if err := s.checkVersion(); err != nil {
		return err
	}
	return s.tableau.SignIn(ctx)
}

// unresolved is the selection as it was written, for when nothing could be looked up.
func (s *story) unresolved() selection {
	var written selection
	row := func(kind Kind, text string) {
		written.entries = append(written.entries, entry{row: Refresh{Kind: kind, Name: text, Status: StatusNotStarted}})
	}
	for _, l := range s.lists() {
		for _, want := range l.selectors {
			row(kindOf[l.kind], want.String())
		}
	}
	for _, want := range slices.Concat(s.config.Tableau.Tasks, s.config.Tableau.Schedules) {
		row(KindTask, want)
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
	kind      tableau.Kind
	selectors []selector.Selector
}

func (s *story) lists() []list {
	c := s.config.Tableau
	return []list{
		{"tableau-workbooks", tableau.Workbook, c.Workbooks},
		{"tableau-datasources", tableau.Datasource, c.Datasources},
		{"tableau-flows", tableau.Flow, c.Flows},
	}
}

func (s *story) selectItems(ctx context.Context, to *selection) error {
	for _, l := range s.lists() {
		matches, err := s.catalog.Resolve(ctx, l.kind, l.selectors)
		if err != nil && !endsOne(err) {
			return err
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", l.input, err)
			for _, want := range l.selectors {
				to.missing(kindOf[l.kind], want.String(), err)
			}
		}
		for _, match := range matches {
			if match.Err != nil {
				to.missing(kindOf[l.kind], match.Selector.String(), fmt.Errorf("%s: %w", l.input, match.Err))
				continue
			}
			for _, item := range match.Items {
				to.add(newEntry(item, match.Selector.Kind != selector.Tag))
			}
		}
	}
	return nil
}
