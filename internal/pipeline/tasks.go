package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// manyTasks is where one list of all tasks becomes cheaper than asking one by one.
const manyTasks = 10

// selectTasks adds the extract refresh tasks that are named.
func (s *story) selectTasks(ctx context.Context, to *selection) error {
	find := s.tableau.ExtractTask
	if len(s.config.Tableau.Tasks) > manyTasks {
		all, err := s.tableau.ExtractTasks(ctx)
		if err != nil {
			return err
		}
		find = func(_ context.Context, id string) (tableau.ExtractTask, error) { return among(all, id) }
	}
	for _, id := range s.config.Tableau.Tasks {
		task, err := find(ctx, id)
		if _, refused := errors.AsType[*rest.StatusError](err); err != nil && !refused && !errors.Is(err, errNoTask) {
			return err
		}
		if err != nil {
			to.missing(KindTask, id, fmt.Errorf("tableau-tasks: %w", err))
			continue
		}
		if err := s.addTask(ctx, to, task); err != nil {
			return err
		}
	}
	return nil
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

// addTask adds a task under the name of what it refreshes. A task without a target is run all the same.
func (s *story) addTask(ctx context.Context, to *selection, task tableau.ExtractTask) error {
	goal := task.Target()
	e := entry{goal: goal, named: true, row: Refresh{Kind: KindTask, ID: task.ID, Name: "task " + task.ID, Status: StatusNotStarted}}
	if goal.Item != "" {
		item, err := s.tableau.Item(ctx, goal.ItemKind, goal.Item)
		if status, ok := errors.AsType[*rest.StatusError](err); err != nil && (!ok || status.Status == http.StatusUnauthorized) {
			return err
		}
		if err == nil {
			e.row.Name, e.row.Project, e.row.URL = item.Name, item.Project.Name, item.URL
		}
	}
	to.add(e)
	return nil
}

// selectSchedules adds every extract refresh task of the schedules.
func (s *story) selectSchedules(ctx context.Context, to *selection) error {
	wanted := s.config.Tableau.Schedules
	if len(wanted) == 0 {
		return nil
	}
	if isCloud(s.config.Tableau.URL.Hostname()) {
		return errors.New("tableau-schedules: on Tableau Cloud schedules have no names of their own; name the tasks in tableau-tasks, " +
			"or the workbooks and data sources themselves")
	}
	schedules, err := s.tableau.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("tableau-schedules: %w; Tableau Cloud has no schedules with names", err)
	}
	for _, want := range wanted {
		if err := s.selectSchedule(ctx, to, schedules, want); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) selectSchedule(ctx context.Context, to *selection, schedules []tableau.Schedule, want string) error {
	var ids, names []string
	for _, schedule := range schedules {
		names = append(names, fmt.Sprintf("%q", schedule.Name))
		if strings.EqualFold(schedule.ID, want) || schedule.Name == want {
			ids = append(ids, schedule.ID)
		}
	}
	if len(ids) != 1 {
		to.missing(KindTask, want, fmt.Errorf("tableau-schedules: %q means %d schedules; there are %s", want, len(ids), strings.Join(names, ", ")))
		return nil
	}
	tasks, err := s.tableau.ScheduleTasks(ctx, ids[0])
	if err != nil {
		return fmt.Errorf("tableau-schedules: %w", err)
	}
	if len(tasks) == 0 {
		to.missing(KindTask, want, fmt.Errorf("tableau-schedules: schedule %q has no extract refresh task on this site that the signed-in user may see", want))
	}
	to.notes = append(to.notes, fmt.Sprintf("schedule %q has %d extract refresh tasks", want, len(tasks)))
	for _, task := range tasks {
		if err := s.addTask(ctx, to, task); err != nil {
			return err
		}
	}
	return nil
}

// isCloud reports whether a host is one of Tableau Cloud.
func isCloud(host string) bool {
	return strings.HasSuffix(strings.ToLower(host), "online.tableau.com")
}
