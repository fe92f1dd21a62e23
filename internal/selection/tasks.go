package selection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// entryError concerns only one entry of an input.
type entryError struct{ text string }

func (e *entryError) Error() string { return e.text }

// addProblem adds an entry that can't be resolved because of an error. It returns an error that concerns all entries.
func (s *Selection) addProblem(input, text string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", input, err)
	if _, ok := errors.AsType[*entryError](err); !ok && !tableau.IsItemError(err) {
		return err
	}
	s.AddUnresolved(content.Task, text, err)
	return nil
}

func (r *Resolver) addTasks(ctx context.Context, to *Selection) error {
	var tasks []tableau.ExtractTask
	for _, id := range r.config.Tasks {
		task, err := r.findTask(ctx, id)
		if err == nil {
			tasks = append(tasks, task)
		}
		if err := to.addProblem("tableau-tasks", id, err); err != nil {
			return err
		}
	}
	return r.addExtractTasks(ctx, to, tasks)
}

func (r *Resolver) findTask(ctx context.Context, id string) (tableau.ExtractTask, error) {
	if len(r.config.Tasks) <= 10 { // cheaper than a list of all tasks
		return r.client.ExtractTask(ctx, id)
	}
	all, err := r.extractTasks(ctx, r.retry)
	if err != nil {
		return tableau.ExtractTask{}, err
	}
	i := slices.IndexFunc(all, func(t tableau.ExtractTask) bool { return strings.EqualFold(t.ID, id) })
	if i < 0 {
		return tableau.ExtractTask{}, &entryError{fmt.Sprintf("extract refresh task %s not found (or no permission to view it)", id)}
	}
	return all[i], nil
}

// extractTasks lists all tasks, once.
func (r *Resolver) extractTasks(ctx context.Context, retry rest.RetryTimes) ([]tableau.ExtractTask, error) {
	if r.allTasks == nil {
		tasks, err := r.client.ExtractTasks(ctx, retry)
		r.allTasks = func() ([]tableau.ExtractTask, error) { return tasks, err }
	}
	return r.allTasks()
}

// addExtractTasks adds tasks with the names of their items. Tasks whose item is unknown are added, too.
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

// taskItems returns the items of tasks by LUID in lower case, except for those that the signed-in user can't view.
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

// addSchedules adds all extract refresh tasks of the schedules in tableau-schedules.
func (r *Resolver) addSchedules(ctx context.Context, to *Selection) error {
	if len(r.config.Schedules) == 0 {
		return nil
	}
	schedules, listErr := r.listSchedules(ctx)
	for _, name := range r.config.Schedules {
		err := listErr
		if err == nil {
			err = r.addSchedule(ctx, to, schedules, name)
		}
		if err := to.addProblem("tableau-schedules", name, err); err != nil {
			return err
		}
	}
	return nil
}

func (r *Resolver) listSchedules(ctx context.Context) ([]tableau.Schedule, error) {
	const hint = "use tableau-tasks, or list the items, because schedules on Tableau Cloud have no names"
	if r.config.OnCloud() {
		return nil, &entryError{hint}
	}
	schedules, err := r.client.Schedules(ctx)
	if err != nil {
		err = fmt.Errorf("%w. On Tableau Cloud, %s", err, hint)
	}
	return schedules, err
}

// addSchedule adds the tasks of a schedule by its name or LUID.
func (r *Resolver) addSchedule(ctx context.Context, to *Selection, schedules []tableau.Schedule, name string) error {
	found := findSchedules(schedules, name)
	if len(found) != 1 {
		var all []string
		for _, s := range schedules {
			all = append(all, fmt.Sprintf("%q (%s)", s.Name, s.ID))
		}
		list := strings.Join(all, ", ")
		return &entryError{fmt.Sprintf("%q matches %d schedules. Use one of these names or LUIDs: %s", name, len(found), list)}
	}
	tasks, err := r.client.ScheduleTasks(ctx, found[0].ID)
	if err != nil {
		return err
	}
	if len(tasks) == 0 {
		return &entryError{fmt.Sprintf("schedule %q has no extract refresh task on this site (or no permission to view it)", name)}
	}
	to.Notes = append(to.Notes, fmt.Sprintf("schedule %q has %s", name, progress.Count(len(tasks), "extract refresh task")))
	return r.addExtractTasks(ctx, to, tasks)
}

// findSchedules returns the schedules with that name or LUID. If there are several, only those for extracts count, and not those
// for subscriptions and flows.
func findSchedules(schedules []tableau.Schedule, name string) []tableau.Schedule {
	found := slices.DeleteFunc(slices.Clone(schedules), func(s tableau.Schedule) bool {
		return s.Name != name && !strings.EqualFold(s.ID, name)
	})
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(s tableau.Schedule) bool { return s.Type != "" && !strings.EqualFold(s.Type, "Extract") })
	}
	return found
}

// ScheduleNote returns a note that lists the items that Tableau also refreshes on its own schedule; "" if there are none, or if the
// signed-in user can't list tasks. It sends at most one request, after [Resolver.Resolve], for a list that can be long. A
// connected app does not request the additional scope only for this.
func (r *Resolver) ScheduleNote(ctx context.Context, s Selection) string {
	items := slices.DeleteFunc(slices.Clone(s.Entries), func(e Entry) bool { return !e.isRefreshable() })
	if len(items) == 0 {
		return ""
	}
	tasks, _ := r.extractTasks(ctx, rest.RetryTimes{}) // an error means that there is no note
	var names []string
	for _, item := range items {
		refreshes := func(t tableau.ExtractTask) bool { return t.IsScheduled() && t.Refreshes(item.Row.Type, item.Row.ID) }
		if slices.ContainsFunc(tasks, refreshes) {
			names = append(names, fmt.Sprintf("%q", item.Row.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Tableau also refreshes these items on its own schedule, so they are refreshed twice: " + progress.ShortList(names, 20)
}
