package tableau

import (
	"context"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// ExtractTask is an extract refresh task, which refreshes an item on a schedule.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#get_extract_refresh_task
type ExtractTask struct {
	// ID is not always a LUID.
	ID          string `xml:"id,attr"`
	Type        string `xml:"type,attr"`
	Incremental bool   `xml:"incremental,attr"`
	// Schedule is nil if Tableau does not return it.
	Schedule *struct {
		// State is Active or Suspended; "" on Tableau Cloud.
		State string `xml:"state,attr"`
	} `xml:"schedule"`
	// Workbook and Datasource are both empty for a task without an item.
	Workbook   itemRef `xml:"workbook"`
	Datasource itemRef `xml:"datasource"`
}

// Target returns the target that starts the task.
func (t ExtractTask) Target() Target {
	target := Target{Type: content.Task, ID: t.ID, ItemType: content.Datasource, ItemID: t.Datasource.ID}
	if t.Workbook.ID != "" {
		target.ItemType, target.ItemID = content.Workbook, t.Workbook.ID
	}
	return target
}

// IsIncremental reports whether the task is incremental, by any of the attributes and types that versions and lists use.
func (t ExtractTask) IsIncremental() bool {
	return t.Incremental || strings.HasPrefix(strings.ToLower(t.Type), "increment")
}

// IsScheduled reports whether Tableau runs the task on its schedule.
func (t ExtractTask) IsScheduled() bool {
	return t.Schedule != nil && !strings.EqualFold(t.Schedule.State, "Suspended")
}

// Refreshes reports whether the task refreshes the item.
func (t ExtractTask) Refreshes(contentType content.Type, luid string) bool {
	target := t.Target()
	return target.ItemID != "" && target.ItemType == contentType && strings.EqualFold(target.ItemID, luid)
}

type taskResponse struct {
	Task ExtractTask `xml:"task>extractRefresh"`
}

func (r *taskResponse) isValid() bool { return r.Task.ID != "" }

// ExtractTask requests a task by its ID.
func (c *Client) ExtractTask(ctx context.Context, id string) (ExtractTask, error) {
	r := rest.Request{Operation: "get extract refresh task " + id, Retry: rest.Preflight}
	response, err := call[taskResponse](ctx, c, r, "tasks", "extractRefreshes", id)
	return response.Task, err
}

// ExtractTasks lists all extract refresh tasks that the signed-in user can view: none without the scope of a connected app. The
// request has neither filters nor pages.
func (c *Client) ExtractTasks(ctx context.Context, retry rest.RetryTimes) ([]ExtractTask, error) {
	if !c.hasScope(ScopeTasks) {
		return nil, nil
	}
	r := rest.Request{Operation: "list extract refresh tasks", Retry: retry, TooLongIsFinal: true}
	return listPage[ExtractTask](ctx, c, r, "tasks", "extractRefreshes")
}

// Schedule is a schedule of a Tableau Server.
type Schedule struct {
	ID   string `xml:"id,attr"`
	Name string `xml:"name,attr"`
	// Type is Extract for schedules that refresh extracts.
	Type string `xml:"type,attr"`
}

const schedulesPath = "schedules"

// Schedules lists the schedules of the server. Tableau Cloud has no named schedules.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#query_schedules
func (c *Client) Schedules(ctx context.Context) ([]Schedule, error) {
	return listAll[Schedule](ctx, c, rest.Request{Operation: "list schedules", Retry: rest.Preflight}, schedulesPath)
}

// ScheduleTasks lists the extract refresh tasks of a schedule on this site.
func (c *Client) ScheduleTasks(ctx context.Context, schedule string) ([]ExtractTask, error) {
	r := rest.Request{Operation: "list the tasks of schedule " + schedule, Retry: rest.Preflight}
	return listAll[ExtractTask](ctx, c, r, schedulesPath, schedule, "extracts")
}
