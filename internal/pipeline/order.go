package pipeline

import (
	"fmt"

	"dbt-tableau-refresh/internal/progress"
)

// order finds which workbooks wait for which data sources. It exists only between those two. With tableau-preflight: warn a
// data source may have failed before anything is sent.
func (f *fanOut) order() {
	open := map[string][]int{}
	for i, e := range f.story.selection.Entries {
		if f.story.result.Refreshes[i].Status != progress.StatusSkipped {
			open[e.ItemLUID()] = append(open[e.ItemLUID()], i)
		}
	}
	for i, e := range f.story.selection.Entries {
		if f.story.result.Refreshes[i].Status.Ended() {
			continue
		}
		for _, id := range e.After {
			for _, k := range open[id] {
				f.targets[i].waitsFor++
				f.targets[k].holds = append(f.targets[k].holds, i)
			}
		}
	}
	for k, row := range f.story.result.Refreshes {
		if row.Status.Ended() {
			f.release(k)
		}
	}
}

// release lets go of the workbooks that waited for a refresh which has ended. After a failure they are not refreshed: they
// would show old data as if it were new. Whoever skips on a conflict takes the other refresh for good enough, and is told of it.
func (f *fanOut) release(i int) {
	source := f.story.result.Refreshes[i]
	for _, k := range f.targets[i].holds {
		row := &f.story.result.Refreshes[k]
		if source.Status != progress.StatusSuccess && source.Status != progress.StatusSkipped {
			if row.Error == "" {
				row.Error = fmt.Sprintf("not refreshed, because the data source %q that it reads was not: %s", source.Name, source.Status)
				f.story.observe(progress.RefreshChanged{Index: k, Refresh: *row})
			}
			continue
		}
		if source.Skip == progress.SkipConflict {
			f.story.observe(progress.Noted{Text: fmt.Sprintf("%q: the data source %q that it reads was left to another refresh (tableau-on-conflict: skip), and may be older than dbt's run", row.Name, source.Name)})
		}
		f.targets[k].begin = later(f.targets[k].begin, f.targets[i].ended)
		f.targets[k].waitsFor--
		if f.targets[k].waitsFor == 0 && row.Error == "" {
			f.starts = append(f.starts, errand{k, start})
		}
	}
	f.targets[i].holds = nil
}
