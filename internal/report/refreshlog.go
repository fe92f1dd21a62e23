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

type refreshLog struct {
	log                 *logger
	startedAt, lastLine time.Time
	ended               int            // number of refreshes
	labelCounts         map[string]int // number of refreshes for each label
}

func (l *refreshLog) selected(e progress.TableauChecked) {
	l.log.line("%s · %s", siteText(e.Site), cmp.Or(strings.Join(typeCounts(e.Refreshes), ", "), "nothing to refresh yet"))
	title := "will refresh after dbt succeeds"
	if e.AfterDBT {
		title = "will refresh"
	}
	if len(e.Refreshes) > 0 {
		l.log.group(title, limitLines(e.Refreshes, maxListed, "", l.selectionLine))
	}
}

// siteText returns one line, such as "Tableau 2025.3.0 (REST API 3.27) · site MarketingTeam".
func siteText(s progress.Site) string {
	site := "site " + sanitize.Truncate(s.ContentURL, nameLimit)
	if s.ContentURL == "" {
		site = "the Default site"
	}
	if s.Product == "" {
		return "Tableau · " + site
	}
	return fmt.Sprintf("Tableau %s (REST API %s) · %s", s.Product, s.API, site)
}

func (l *refreshLog) selectionLine(r progress.Refresh) string {
	name := sanitize.Truncate(r.Name, nameLimit)
	if r.Project != "" {
		name = sanitize.Truncate(r.Project, nameLimit) + "/" + name
	}
	line := fmt.Sprintf("%-11s  %s", r.Type.Noun(), l.log.clean.Line(name, lineLimit))
	if r.Skip != "" {
		line += ": " + skipText(r)
	} else if r.Error != "" {
		line += ": " + l.log.clean.Line(readable(r.Error), errorLimit)
	}
	return line
}

func skipText(r progress.Refresh) string {
	return fmt.Sprintf("will be skipped (%s)", sanitize.Line(cmp.Or(readable(r.Error), string(r.Skip)), nameLimit))
}

func (l *refreshLog) discovered(d progress.Discovery) {
	l.log.event("%s", discoveryTitle(d))
	if lines := discoveryLines(d); len(lines) > 0 {
		l.log.group("Tableau content downstream of "+d.Run, lines)
	}
}

func (l *refreshLog) start(e progress.RefreshesStarting, refreshes []progress.Refresh, now time.Time) {
	l.startedAt, l.lastLine, l.labelCounts = now, now, map[string]int{}
	pending := 0
	for _, r := range refreshes {
		if !r.Status.Ended() {
			pending++
			l.labelCounts[refreshLabel(r)]++
		}
	}
	text := "refreshing " + progress.Count(pending, "item")
	if e.Parallel > 0 && e.Parallel < pending {
		text += fmt.Sprintf(", %d at a time", e.Parallel)
	}
	l.log.event("%s", text)
}

// update logs the end of a refresh; after maxListed of them, only failures. Why a refresh failed is in its annotation.
func (l *refreshLog) update(r progress.Refresh, now time.Time) {
	if !r.Status.Ended() {
		return
	}
	if l.ended++; l.ended > maxListed && !failed(r.Status) {
		return
	}
	l.lastLine = now
	text := refreshLabel(r)
	if l.labelCounts[text] > 1 {
		text += " " + r.ID
	}
	text += ": " + statusText(r.Status)
	if r.Status == progress.StatusSuccess || !r.Running.IsZero() {
		text += fmt.Sprintf(", queued %s, ran %s", formatDuration(r.Queued(now)), formatDuration(r.Ran(now)))
	}
	if r.Error != "" && !needsReport(r) {
		text += ": " + sanitize.Truncate(readable(r.Error), errorLimit)
	}
	l.log.event("%s", text)
}

func (l *refreshLog) heartbeat(e progress.RefreshesWaiting, now time.Time) {
	if now.Sub(l.lastLine) < heartbeat(now.Sub(l.startedAt)) {
		return
	}
	l.lastLine = now
	var counts []string
	for i, n := range []int{e.NotStarted, e.Queued, e.Running, e.Ended} {
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, []string{"not started", "queued", "running", "ended"}[i]))
		}
	}
	l.log.event("still refreshing after %s: %s", formatDuration(now.Sub(l.startedAt)), strings.Join(counts, ", "))
}

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

func statusText(s progress.Status) string {
	return cmp.Or(map[progress.Status]string{
		progress.StatusStarted: "in progress", progress.StatusSuccess: "succeeded", progress.StatusCancelled: "canceled",
		progress.StatusUnknown: "result unknown",
	}[s], strings.ReplaceAll(string(s), "-", " "))
}

// failed reports whether a run, a step, or a refresh with this status makes the step fail.
func failed[S ~string](status S) bool {
	return slices.Contains([]string{"error", "failed", "cancelled", "timed-out", "unknown"}, string(status))
}

func failureRank[S ~string](status S) int {
	if failed(status) {
		return 0
	}
	return 1
}

// needsReport reports whether a refresh is reported separately: it failed, or has its own reason for not being started.
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

// statusCounts returns how many refreshes have which status, such as "3 refreshed, 1 failed, 1 skipped".
func statusCounts(refreshes []progress.Refresh) string {
	counts := countByStatus(refreshes)
	var texts []string
	for _, s := range []progress.Status{
		progress.StatusSuccess, progress.StatusFailed, progress.StatusCancelled, progress.StatusTimedOut, progress.StatusUnknown,
		progress.StatusSkipped, progress.StatusStarted, progress.StatusNotStarted,
	} {
		if counts[s] > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", counts[s], strings.Replace(statusText(s), "succeeded", "refreshed", 1)))
		}
	}
	return strings.Join(texts, ", ")
}

// typeCounts returns the number of refreshes of each type, such as "3 workbooks".
func typeCounts(refreshes []progress.Refresh) (texts []string) {
	counts := map[content.Type]int{}
	for _, r := range refreshes {
		counts[r.Type]++
	}
	for _, t := range []content.Type{content.Workbook, content.Datasource, content.Flow, content.Task} {
		if counts[t] > 0 {
			texts = append(texts, progress.Count(counts[t], t.Noun()))
		}
	}
	return texts
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
	return elapsed(res.Run.Finished, last, res.Run.Finished)
}
