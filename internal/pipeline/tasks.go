package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// manyTasks is where one list of all tasks becomes cheaper than asking one by one.
const manyTasks = 10

// selectTasks adds the extract refresh tasks that are named.
func (s *story) selectTasks(ctx context.Context, to *selection) error {
	find := s.tableau.ExtractTask
	if len(s.config.Tableau.Tasks) > manyTasks {
		all, err := s.catalog.ExtractTasks(ctx)
		find = func(_ context.Context, id string) (tableau.ExtractTask, error) {
			if err != nil {
				return tableau.ExtractTask{}, err
			}
			return among(all, id)
		}
	}
	var tasks []tableau.ExtractTask
	for _, id := range s.config.Tableau.Tasks {
		task, err := find(ctx, id)
		if err != nil && !tableau.IsItemError(err) && !errors.Is(err, errNoTask) {
			return fmt.Errorf("tableau-tasks: %w", err)
		}
		if err != nil {
			to.missing(content.Task, id, fmt.Errorf("tableau-tasks: %w", err))
			continue
		}
		tasks = append(tasks, task)
	}
	return s.addTasks(ctx, to, tasks)
}

var errNoTask = errors.New("no such extract refresh task that the signed-in user may see")

func among(tasks []tableau.ExtractTask, id string) (tableau.ExtractTask, error) {
	for _, task := range tasks {
		if strings.EqualFold(task.ID, id) {
			return task, nil
		}
	}
	return tableau.ExtractTask{}, fmt.Errorf("%w: %s", errNoTask, id)
}

// addTasks adds tasks under the names of what they refresh. A task without a target is run all the same.
func (s *story) addTasks(ctx context.Context, to *selection, tasks []tableau.ExtractTask) error {
	items, err := s.itemsOf(ctx, tasks)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		e := entry{goal: task.Target(), named: true, row: progress.Refresh{Type: content.Task, ID: task.ID, Name: "task " + task.ID, Status: progress.StatusNotStarted}}
		if item, ok := items[e.item()]; ok {
			e.row.Name, e.row.Project, e.row.URL = item.Name, item.Project.Name, item.URL
			e.goal.UsesBridge = item.UsesBridge
		}
		to.add(e)
	}
	return nil
}

// itemsOf are what tasks refresh, by LUID, as far as the signed-in user may see it. A task runs without a name, too.
func (s *story) itemsOf(ctx context.Context, tasks []tableau.ExtractTask) (map[string]tableau.Item, error) {
	wanted := map[content.Type][]selector.Selector{}
	items, seen := map[string]tableau.Item{}, map[string]bool{}
	for _, task := range tasks {
		goal := task.Target()
		luid := strings.ToLower(goal.ItemID)
		if luid != "" && !seen[luid] {
			seen[luid] = true
			wanted[goal.ItemType] = append(wanted[goal.ItemType], selector.Selector{Kind: selector.LUID, LUID: luid})
		}
	}
	for kind, selectors := range wanted {
		matches, err := s.catalog.Resolve(ctx, kind, selectors)
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

// selectSchedules adds every extract refresh task of the schedules.
func (s *story) selectSchedules(ctx context.Context, to *selection) error {
	wanted := s.config.Tableau.Schedules
	if len(wanted) == 0 {
		return nil
	}
	schedules, err := s.schedules(ctx)
	if err != nil && !tableau.IsItemError(err) && !errors.Is(err, errNoSchedules) {
		return fmt.Errorf("tableau-schedules: %w", err)
	}
	for _, want := range wanted {
		if err != nil {
			to.missing(content.Task, want, fmt.Errorf("tableau-schedules: %w", err))
		} else if err := s.selectSchedule(ctx, to, schedules, want); err != nil {
			return err
		}
	}
	return nil
}

var errNoSchedules = errors.New("on Tableau Cloud schedules have no names of their own; name the tasks in tableau-tasks, or the " +
	"workbooks and data sources themselves")

func (s *story) schedules(ctx context.Context) ([]tableau.Schedule, error) {
	if s.config.Tableau.OnCloud() {
		return nil, errNoSchedules
	}
	schedules, err := s.tableau.Schedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w; Tableau Cloud has no schedules with names", err)
	}
	return schedules, nil
}

func (s *story) selectSchedule(ctx context.Context, to *selection, schedules []tableau.Schedule, want string) error {
	found := slices.DeleteFunc(slices.Clone(schedules), func(one tableau.Schedule) bool { return one.Name != want && !strings.EqualFold(one.ID, want) })
	if len(found) > 1 { // other types are for subscriptions and flows
		found = slices.DeleteFunc(found, func(one tableau.Schedule) bool { return one.Type != "" && !strings.EqualFold(one.Type, "Extract") })
	}
	if len(found) != 1 {
		to.missing(content.Task, want, fmt.Errorf("tableau-schedules: %q means %d schedules; there are %s", want, len(found), inWords(schedules)))
		return nil
	}
	tasks, err := s.tableau.ScheduleTasks(ctx, found[0].ID)
	if err != nil && !tableau.IsItemError(err) {
		return fmt.Errorf("tableau-schedules: %w", err)
	}
	if err == nil && len(tasks) == 0 {
		err = fmt.Errorf("schedule %q has no extract refresh task on this site that the signed-in user may see", want)
	}
	if err != nil {
		to.missing(content.Task, want, fmt.Errorf("tableau-schedules: %w", err))
		return nil
	}
	to.notes = append(to.notes, fmt.Sprintf("schedule %q has %d extract refresh tasks", want, len(tasks)))
	return s.addTasks(ctx, to, tasks)
}

// inWords names schedules, with what tells those of one name apart.
func inWords(schedules []tableau.Schedule) string {
	var all []string
	for _, one := range schedules {
		all = append(all, fmt.Sprintf("%q (%s)", one.Name, one.ID))
	}
	return strings.Join(all, ", ")
}
