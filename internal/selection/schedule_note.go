package selection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// maxScheduledNames is how many items the note lists.
const maxScheduledNames = 20

// ScheduleNote returns the note that lists the items that Tableau also refreshes on its own schedule; "" if there are none, or
// if the signed-in user can't list tasks. It sends at most one request, after [Resolver.Resolve], for a list that can be long.
// A connected app does not request the additional scope only for this.
func (r *Resolver) ScheduleNote(ctx context.Context, s Selection) string {
	items := slices.DeleteFunc(s.Rows(), func(row progress.Refresh) bool {
		return row.ID == "" || row.Status.Ended() || row.Type != content.Workbook && row.Type != content.Datasource
	})
	if len(items) == 0 {
		return ""
	}
	tasks, _ := r.extractTasks(ctx, rest.RetryTimes{})
	scheduled := map[string]bool{}
	for _, task := range tasks {
		if task.IsScheduled() {
			scheduled[strings.ToLower(task.Target().ItemID)] = true
		}
	}
	var names []string
	for _, item := range items {
		if scheduled[strings.ToLower(item.ID)] {
			names = append(names, fmt.Sprintf("%q", item.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Tableau also refreshes these items on its own schedule, so they are refreshed twice: " + progress.ShortList(names, maxScheduledNames)
}
