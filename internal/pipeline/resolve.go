package pipeline

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// tableauCheck is what the Tableau half of the preflight found.
type tableauCheck struct {
	site      *Site
	refreshes []Refresh
	err       error
}

func (s *story) checkTableau(ctx context.Context) tableauCheck {
	server, err := s.tableau.Server(ctx)
	if err != nil {
		return tableauCheck{err: err}
	}
	if err := s.tableau.SignIn(ctx); err != nil {
		return tableauCheck{err: err}
	}
	refreshes, err := s.resolve(ctx)
	return tableauCheck{
		site: &Site{
			Host: s.config.Tableau.URL.Host, ContentURL: s.config.Tableau.Site,
			Product: server.Product, API: s.tableau.Version().String(),
		},
		refreshes: refreshes,
		err:       err,
	}
}

// parallelLookups bounds the goroutines; the client bounds the requests.
const parallelLookups = 10

// resolve turns the selectors into targets, in their order. All that do not resolve are told at once.
func (s *story) resolve(ctx context.Context) ([]Refresh, error) {
	wanted := s.wanted()
	refreshes := make([]Refresh, len(wanted))
	failures := make([]error, len(wanted))
	var group errgroup.Group
	group.SetLimit(parallelLookups)
	for i, w := range wanted {
		group.Go(func() error {
			refreshes[i], failures[i] = s.lookUp(ctx, w)
			return nil
		})
	}
	_ = group.Wait() // the failures are kept one by one
	return refreshes, errors.Join(failures...)
}

// want is one entry of an input.
type want struct {
	input    string
	kind     tableau.Kind
	selector selector.Selector
}

func (s *story) wanted() []want {
	var all []want
	for _, entry := range s.config.Tableau.Workbooks {
		all = append(all, want{"tableau-workbooks", tableau.Workbook, entry})
	}
	for _, entry := range s.config.Tableau.Datasources {
		all = append(all, want{"tableau-datasources", tableau.Datasource, entry})
	}
	return all
}

// lookUp finds one target. What can't be found still has its row, with the selector's text as its name.
func (s *story) lookUp(ctx context.Context, w want) (Refresh, error) {
	missing := Refresh{Kind: kinds[w.kind], Name: w.selector.String(), Status: StatusNotStarted}
	item, err := s.tableau.Item(ctx, w.kind, w.selector.LUID)
	if err != nil {
		return missing, fmt.Errorf("%s: %w", w.input, err)
	}
	found := Refresh{
		Kind: missing.Kind, ID: item.ID, Name: item.Name, Project: item.Project.Name, URL: item.URL, Status: StatusNotStarted,
	}
	if item.HasExtracts != nil && !*item.HasExtracts {
		return found, fmt.Errorf("%s: %q (%s) has no extract of its own to refresh: it is live, or reads published data "+
			"sources; name those in tableau-datasources instead", w.input, item.Name, item.ID)
	}
	return found, nil
}

var kinds = map[tableau.Kind]Kind{tableau.Workbook: KindWorkbook, tableau.Datasource: KindDatasource}
