package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// refreshName returns the name of a refresh, which is never empty.
func refreshName(r progress.Refresh) string {
	return cmp.Or(sanitize.Line(r.Name, lineLimit), r.ID, "no name")
}

// refreshLabel returns the name of a refresh, its type, and its project: "Churn" (workbook, Sales).
func refreshLabel(r progress.Refresh) string {
	details := r.Type.Noun()
	if r.Project != "" {
		details += ", " + sanitize.Truncate(r.Project, nameLimit)
	}
	return fmt.Sprintf("%s (%s)", quoteName(refreshName(r)), details)
}

// statusText returns a status as part of a sentence.
func statusText(s progress.Status) string {
	switch s {
	case progress.StatusStarted:
		return "still going"
	case progress.StatusSuccess:
		return "succeeded"
	case progress.StatusUnknown:
		return "of unknown end"
	}
	return strings.ReplaceAll(string(s), "-", " ")
}

// failed reports whether a refresh with this status makes the step fail. One that was not started is a consequence.
func failed(s progress.Status) bool {
	return s == progress.StatusFailed || s == progress.StatusCancelled || s == progress.StatusTimedOut || s == progress.StatusUnknown
}

// needsReport reports whether a refresh is reported by itself: it failed, or was not started for a reason of its own.
func needsReport(r progress.Refresh) bool {
	return failed(r.Status) || r.Status == progress.StatusNotStarted && r.Error != "" && r.Skip == ""
}

func withoutSkipped(refreshes []progress.Refresh) []progress.Refresh {
	return slices.DeleteFunc(slices.Clone(refreshes), func(r progress.Refresh) bool {
		return r.Skip != "" || r.Status == progress.StatusSkipped
	})
}

func countByStatus(refreshes []progress.Refresh) map[progress.Status]int {
	counts := map[progress.Status]int{}
	for _, r := range refreshes {
		counts[r.Status]++
	}
	return counts
}

// statusCounts returns how many refreshes have which status, such as "3 of 5 refreshes succeeded, 1 failed, 1 skipped".
func statusCounts(refreshes []progress.Refresh) string {
	counts := countByStatus(refreshes)
	var text strings.Builder
	fmt.Fprintf(&text, "%d of %s succeeded", counts[progress.StatusSuccess], pluralize(len(refreshes), "refresh"))
	for _, s := range []progress.Status{
		progress.StatusFailed, progress.StatusCancelled, progress.StatusTimedOut, progress.StatusUnknown,
		progress.StatusSkipped, progress.StatusStarted, progress.StatusNotStarted,
	} {
		if counts[s] > 0 {
			fmt.Fprintf(&text, ", %d %s", counts[s], statusText(s))
		}
	}
	return text.String()
}

// typeCounts returns how many refreshes have which type, such as "3 workbooks, 2 data sources"; "" for none.
func typeCounts(refreshes []progress.Refresh) string {
	counts := map[content.Type]int{}
	for _, r := range refreshes {
		counts[r.Type]++
	}
	var texts []string
	for _, t := range []content.Type{content.Workbook, content.Datasource, content.Flow, content.Task} {
		if counts[t] > 0 {
			texts = append(texts, pluralize(counts[t], t.Noun()))
		}
	}
	return strings.Join(texts, ", ")
}

// freshnessDelay returns the time from the end of the dbt run to the end of the last refresh; 0 unless all of them
// succeeded. After [progress.SkipConflict], an item can have older data, and so can what depends on it.
func freshnessDelay(res progress.Result) time.Duration {
	var last time.Time
	for _, r := range res.Refreshes {
		if r.Skip == progress.SkipConflict || r.Status != progress.StatusSuccess && r.Status != progress.StatusSkipped {
			return 0
		}
		if r.Status == progress.StatusSuccess && r.Ended.After(last) {
			last = r.Ended
		}
	}
	if last.IsZero() || res.Run.Finished.IsZero() {
		return 0
	}
	return max(0, last.Sub(res.Run.Finished))
}
