package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

// makeIncremental refreshes what is new only: asked for in the request where the API has that, else by the item's own
// incremental task. A task keeps its own kind, a flow has none.
func (s *story) makeIncremental(ctx context.Context, to *selection) error {
	if !s.config.Tableau.Incremental {
		return nil
	}
	tasks := sync.OnceValues(func() ([]tableau.ExtractTask, error) {
		all, err := s.catalog.ExtractTasks(ctx)
		if err != nil {
			err = fmt.Errorf("tableau-incremental: %w", err)
		}
		return all, err
	})
	for i := range to.entries {
		e := &to.entries[i]
		if e.goal.ID == "" || e.row.Status.Ended() || e.goal.Type != content.Workbook && e.goal.Type != content.Datasource {
			continue
		}
		if s.tableau.Version().SupportsIncremental() {
			e.goal.Incremental = true
			continue
		}
		all, err := tasks()
		if err != nil && !tableau.IsItemError(err) {
			return err
		}
		if err == nil {
			err = e.byTask(all, s.tableau.Version())
		}
		e.problem = cmp.Or(e.problem, err)
	}
	return nil
}

func (e *entry) byTask(tasks []tableau.ExtractTask, version tableau.Version) error {
	for _, task := range tasks {
		if task.IsIncremental() && task.Refreshes(e.goal.Type, e.goal.ID) {
			bridge := e.goal.UsesBridge
			e.goal = task.Target()
			e.goal.UsesBridge = bridge
			return nil
		}
	}
	return fmt.Errorf("tableau-incremental: REST API %s can't refresh %q incrementally, and it has no incremental extract refresh "+
		"task: give it one in Tableau, upgrade to Tableau 2025.1 (API 3.25), or refresh it in full", version, e.row.Name)
}

// checkVersion finds what the server is too old for.
func (s *story) checkVersion() error {
	c := s.config.Tableau
	if c.SignIn.Kind == config.SignInConnectedApp && c.MayWait() && !s.tableau.Version().AtLeast(3, 25) {
		return fmt.Errorf("%w; REST API is %s", errAppCantWait, s.tableau.Version())
	}
	return nil
}

var errAppCantWait = errors.New("below REST API 3.25 a connected app may not ask how a refresh job is going: sign in with a personal " +
	"access token, wait for nothing (tableau-wait: false, and neither tableau-include-datasources nor lineage), or upgrade to " +
	"Tableau 2025.1")
