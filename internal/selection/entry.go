package selection

import (
	"cmp"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// Entry is one target of a selection.
type Entry struct {
	// Row is the target in the result. Its ID is "" if the target was not found; its name is then the text of the input.
	Row progress.Refresh
	// Target is how its refresh is started; the zero value if it was not found.
	Target tableau.Target
	// After contains the LUIDs, in lower case, of the data sources to refresh before. Some may not be in the selection.
	After []string
	// Listed is true for an item or a task that an input lists itself, and false for what a tag or a project matches, for a
	// data source that was added for a workbook, and for what was discovered.
	Listed bool
	// NoExtract is true if Tableau returned that the item has no extract.
	NoExtract bool
	// Problem is why it can't be refreshed; nil if it can.
	Problem error

	// datasources are the published data sources with an extract that a workbook uses, including excluded ones; nil unless they
	// were looked up.
	datasources []tableau.Item
}

// NewEntry returns the entry of an item that is not listed.
func NewEntry(item tableau.Item) Entry {
	return Entry{
		Row: progress.Refresh{
			Type: item.Type, ID: item.ID, Name: item.Name, Project: item.Project.Name, URL: item.URL, Status: progress.StatusNotStarted,
		},
		Target:    tableau.Target{Type: item.Type, ID: item.ID, UsesBridge: item.UsesBridge},
		NoExtract: item.HasNoExtract(),
	}
}

// ItemLUID returns the LUID, in lower case, of the item that the target refreshes, which for a task is not the task's own ID.
// It is "" if that is not known.
func (e Entry) ItemLUID() string {
	return strings.ToLower(cmp.Or(e.Target.ItemID, e.Target.ID))
}

// itemType returns the type of the item that the target refreshes; "" if that is not known.
func (e Entry) itemType() content.Type {
	if e.isTask() {
		return e.Target.ItemType
	}
	return e.Target.Type
}

func (e Entry) isTask() bool { return e.Target.Type == content.Task }

// targetKey identifies the target among those of the same item.
func (e Entry) targetKey() string { return string(e.Target.Type) + " " + e.Target.ID }

// mergeFrom adds what another entry knows of the same item. If the item was skipped for lack of an extract, and has one in the
// other entry, the other entry is newer.
func (e *Entry) mergeFrom(other Entry) {
	if e.Row.Skip == progress.SkipNoExtract && !other.NoExtract {
		e.Row, e.Target, e.NoExtract = other.Row, other.Target, false
	}
	e.Listed = e.Listed || other.Listed
	e.waitFor(other.After)
}

// waitFor adds data sources to refresh before.
func (e *Entry) waitFor(luids []string) {
	for _, luid := range luids {
		if !slices.Contains(e.After, luid) {
			e.After = append(e.After, luid)
		}
	}
}
