package selection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

// addSchedules adds every extract refresh task of the schedules that tableau-schedules lists.
func (r *Resolver) addSchedules(ctx context.Context, to *Selection) error {
	if len(r.config.Schedules) == 0 {
		return nil
	}
	schedules, err := r.listSchedules(ctx)
	if err != nil && !tableau.IsItemError(err) && !errors.Is(err, errCloudSchedules) {
		return fmt.Errorf("tableau-schedules: %w", err)
	}
	for _, name := range r.config.Schedules {
		if err != nil {
			to.AddUnresolved(content.Task, name, fmt.Errorf("tableau-schedules: %w", err))
		} else if err := r.addSchedule(ctx, to, schedules, name); err != nil {
			return err
		}
	}
	return nil
}

var errCloudSchedules = errors.New("on Tableau Cloud schedules have no names of their own; name the tasks in tableau-tasks, or the " +
	"workbooks and data sources themselves")

func (r *Resolver) listSchedules(ctx context.Context) ([]tableau.Schedule, error) {
	if r.config.OnCloud() {
		return nil, errCloudSchedules
	}
	schedules, err := r.client.Schedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w; Tableau Cloud has no schedules with names", err)
	}
	return schedules, nil
}

// addSchedule adds the tasks of one schedule, given its name or LUID.
func (r *Resolver) addSchedule(ctx context.Context, to *Selection, schedules []tableau.Schedule, name string) error {
	found := findSchedules(schedules, name)
	if len(found) != 1 {
		to.AddUnresolved(content.Task, name, fmt.Errorf("tableau-schedules: %q means %d schedules; there are %s", name, len(found), scheduleNames(schedules)))
		return nil
	}
	tasks, err := r.client.ScheduleTasks(ctx, found[0].ID)
	if err != nil && !tableau.IsItemError(err) {
		return fmt.Errorf("tableau-schedules: %w", err)
	}
	if err == nil && len(tasks) == 0 {
		err = fmt.Errorf("schedule %q has no extract refresh task on this site that the signed-in user may see", name)
	}
	if err != nil {
		to.AddUnresolved(content.Task, name, fmt.Errorf("tableau-schedules: %w", err))
		return nil
	}
	to.Notes = append(to.Notes, fmt.Sprintf("schedule %q has %d extract refresh tasks", name, len(tasks)))
	return r.addExtractTasks(ctx, to, tasks)
}

// findSchedules returns the schedules with that name or LUID. Of several, only those for extracts count: other types are for
// subscriptions and flows.
func findSchedules(schedules []tableau.Schedule, name string) []tableau.Schedule {
	found := slices.DeleteFunc(slices.Clone(schedules), func(s tableau.Schedule) bool { return s.Name != name && !strings.EqualFold(s.ID, name) })
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(s tableau.Schedule) bool { return s.Type != "" && !strings.EqualFold(s.Type, "Extract") })
	}
	return found
}

// scheduleNames lists schedules with their LUIDs, since several may have one name.
func scheduleNames(schedules []tableau.Schedule) string {
	var names []string
	for _, s := range schedules {
		names = append(names, fmt.Sprintf("%q (%s)", s.Name, s.ID))
	}
	return strings.Join(names, ", ")
}
