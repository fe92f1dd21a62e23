package selection

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// maxTaskRequests is the number of tasks up to which a request for each is cheaper than one list of all tasks.
const maxTaskRequests = 10

// addTasks adds the extract refresh tasks that tableau-tasks lists.
func (r *Resolver) addTasks(ctx context.Context, to *Selection) error {
	find := r.taskFinder(ctx)
	var tasks []tableau.ExtractTask
	for _, id := range r.config.Tasks {
		task, err := find(ctx, id)
		if err != nil && !tableau.IsItemError(err) && !errors.Is(err, errNoTask) {
			return fmt.Errorf("tableau-tasks: %w", err)
		}
		if err != nil {
			to.AddUnresolved(content.Task, id, fmt.Errorf("tableau-tasks: %w", err))
			continue
		}
		tasks = append(tasks, task)
	}
	return r.addExtractTasks(ctx, to, tasks)
}

var errNoTask = errors.New("no such extract refresh task that the signed-in user may see")

// taskFinder returns a function that returns a task by its ID: from a list of all tasks, if many are needed.
func (r *Resolver) taskFinder(ctx context.Context) func(context.Context, string) (tableau.ExtractTask, error) {
	if len(r.config.Tasks) <= maxTaskRequests {
		return r.client.ExtractTask
	}
	all, err := r.extractTasks(ctx, r.retry)
	return func(_ context.Context, id string) (tableau.ExtractTask, error) {
		if err != nil {
			return tableau.ExtractTask{}, err
		}
		for _, task := range all {
			if strings.EqualFold(task.ID, id) {
				return task, nil
			}
		}
		return tableau.ExtractTask{}, fmt.Errorf("%w: %s", errNoTask, id)
	}
}

// extractTasks lists all extract refresh tasks, once.
func (r *Resolver) extractTasks(ctx context.Context, retry rest.RetryTimes) ([]tableau.ExtractTask, error) {
	if !r.tasksListed {
		r.tasksListed = true
		r.tasks, r.tasksErr = r.client.ExtractTasks(ctx, retry)
	}
	return r.tasks, r.tasksErr
}

// addExtractTasks adds tasks under the names of their items. A task whose item is not known is run, too.
func (r *Resolver) addExtractTasks(ctx context.Context, to *Selection, tasks []tableau.ExtractTask) error {
	items, err := r.taskItems(ctx, tasks)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		e := Entry{Target: task.Target(), Listed: true, Row: progress.Refresh{
			Type: content.Task, ID: task.ID, Name: "task " + task.ID, Status: progress.StatusNotStarted,
		}}
		if item, ok := items[e.ItemLUID()]; ok {
			e.Row.Name, e.Row.Project, e.Row.URL = item.Name, item.Project.Name, item.URL
			e.Target.UsesBridge = item.UsesBridge
		}
		to.Add(e)
	}
	return nil
}

// taskItems returns the items that tasks refresh, by LUID in lower case, without those that the signed-in user can't view.
func (r *Resolver) taskItems(ctx context.Context, tasks []tableau.ExtractTask) (map[string]tableau.Item, error) {
	items := map[string]tableau.Item{}
	for _, itemType := range []content.Type{content.Workbook, content.Datasource} {
		var selectors []selector.Selector
		for _, task := range tasks {
			if target := task.Target(); target.ItemType == itemType && target.ItemID != "" {
				selectors = append(selectors, selector.Selector{Kind: selector.LUID, LUID: strings.ToLower(target.ItemID)})
			}
		}
		matches, err := r.catalog.Resolve(ctx, itemType, selectors)
		if err != nil && !tableau.IsItemError(err) {
			return nil, err
		}
		for _, match := range matches {
			for _, item := range match.Items {
				items[strings.ToLower(item.ID)] = item
			}
		}
	}
	return items, nil
}
