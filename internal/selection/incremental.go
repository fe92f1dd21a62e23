package selection

import (
	"cmp"
	"context"
	"fmt"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

// makeIncremental makes the refreshes of workbooks and data sources incremental, if tableau-incremental says so: by the request
// where the API version supports that, and otherwise by running the item's own incremental task. It does not change what a
// listed task does, and flows have no such choice.
func (r *Resolver) makeIncremental(ctx context.Context, to *Selection) error {
	if !r.config.Incremental {
		return nil
	}
	for i := range to.Entries {
		e := &to.Entries[i]
		if e.Target.ID == "" || e.Row.Status.Ended() || e.Target.Type != content.Workbook && e.Target.Type != content.Datasource {
			continue
		}
		if r.client.Version().SupportsIncremental() {
			e.Target.Incremental = true
			continue
		}
		tasks, err := r.extractTasks(ctx, r.retry)
		switch {
		case err == nil:
			err = e.useIncrementalTask(tasks, r.client.Version())
		case tableau.IsItemError(err):
			err = fmt.Errorf("tableau-incremental: %w", err)
		default:
			return fmt.Errorf("tableau-incremental: %w", err)
		}
		e.Problem = cmp.Or(e.Problem, err)
	}
	return nil
}

// useIncrementalTask makes the incremental task of the item the target. The row stays that of the item.
func (e *Entry) useIncrementalTask(tasks []tableau.ExtractTask, version tableau.Version) error {
	for _, task := range tasks {
		if task.IsIncremental() && task.Refreshes(e.Target.Type, e.Target.ID) {
			bridge := e.Target.UsesBridge
			e.Target = task.Target()
			e.Target.UsesBridge = bridge
			return nil
		}
	}
	return fmt.Errorf("tableau-incremental: REST API %s can't refresh %q incrementally, and it has no incremental extract refresh "+
		"task: give it one in Tableau, upgrade to Tableau 2025.1 (API 3.25), or refresh it in full", version, e.Row.Name)
}
