package tableau

import (
	"fmt"

	"dbt-tableau-refresh/internal/content"
)

// Target is an item or a task whose start creates a job.
type Target struct {
	// Type is the type of ID, which is a LUID except for some tasks.
	Type content.Type
	ID   string
	// ItemID is the LUID of the item that a task refreshes, of ItemType; "" if Tableau did not return it.
	ItemType content.Type
	ItemID   string
	// UsesBridge is true for a data source that Tableau Bridge might refresh.
	UsesBridge bool
	// Incremental requests an incremental refresh instead of a full one, see [Version.SupportsIncremental]. A task ignores
	// it.
	Incremental bool
}

// item returns the item that the target refreshes or runs.
func (t Target) item() (content.Type, string) {
	if t.Type == content.Task {
		return t.ItemType, t.ItemID
	}
	return t.Type, t.ID
}

// SupportsIncremental reports whether a refresh request can ask for an incremental refresh, as of version 3.25.
func (v Version) SupportsIncremental() bool { return v.AtLeast(3, 25) }

// startRequest returns the description, the body, and the path below the site of the request that starts the target.
func (c *Client) startRequest(t Target) (operation string, body []byte, path []string) {
	switch t.Type {
	case content.Flow:
		return "run flow " + t.ID, []byte("<tsRequest/>"), []string{collectionPath(t.Type), t.ID, "run"}
	case content.Task:
		return "run extract refresh task " + t.ID, []byte("<tsRequest/>"), []string{"tasks", "extractRefreshes", t.ID, "runNow"}
	case content.Workbook, content.Datasource:
	}
	return fmt.Sprintf("refresh %s %s", t.Type.Noun(), t.ID), c.refreshBody(t), []string{collectionPath(t.Type), t.ID, "refresh"}
}

// refreshBody returns the body of a refresh request. Before 3.25, there are no options.
func (c *Client) refreshBody(t Target) []byte {
	switch {
	case !c.version.SupportsIncremental():
		return []byte("<tsRequest/>")
	case t.Incremental:
		return []byte(`<tsRequest><extractRefresh incremental="true"/></tsRequest>`)
	}
	return []byte("<tsRequest><extractRefresh/></tsRequest>")
}
