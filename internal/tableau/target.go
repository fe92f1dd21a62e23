package tableau

import (
	"fmt"

	"dbt-tableau-refresh/internal/content"
)

// Target is something to start that makes a job.
type Target struct {
	// Kind is what ID is the LUID of; a task's ID need not be one.
	Type content.Type
	ID   string
	// Item is what a task refreshes, of ItemKind; empty when Tableau does not say.
	ItemType content.Type
	ItemID   string
	// Bridge is true for a data source that Tableau Bridge may refresh.
	UsesBridge bool
	// Incremental refreshes what is new instead of everything. It takes [IncrementalVersion]; a task keeps its own kind.
	Incremental bool
}

// works is what the target's job works on.
func (t Target) item() (content.Type, string) {
	if t.Type == content.Task {
		return t.ItemType, t.ItemID
	}
	return t.Type, t.ID
}

// IncrementalVersion reports whether a refresh can be asked to be incremental: from version 3.25.
func (v Version) SupportsIncremental() bool { return v.AtLeast(3, 25) }

// call is how a target is started: what for people, the body, and the path below the site.
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

// refreshBody says what to refresh how. Before 3.25 there was nothing to say.
func (c *Client) refreshBody(t Target) []byte {
	switch {
	case !c.version.SupportsIncremental():
		return []byte("<tsRequest/>")
	case t.Incremental:
		return []byte(`<tsRequest><extractRefresh incremental="true"/></tsRequest>`)
	}
	return []byte("<tsRequest><extractRefresh/></tsRequest>")
}
