package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// refreshLog logs the selection and the progress of its refreshes.
type refreshLog struct {
	log                 *logger
	startedAt, lastLine time.Time
	ended               int            // number of refreshes
	labelCounts         map[string]int // number of refreshes for each label
}

// selected logs the site and what will be refreshed.
func (l *refreshLog) selected(e progress.TableauReady) {
	l.log.line("%s · %s", siteText(e.Site), cmp.Or(typeCounts(e.Refreshes), "nothing to refresh yet"))
	if len(e.Refreshes) > 0 {
		l.log.group("what is refreshed once dbt has succeeded", limitLines(e.Refreshes, maxListed, "", l.selectionLine))
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
	if r.Error != "" {
		line += ": " + l.log.clean.Line(unescapeLineBreaks(r.Error), errorLimit)
	}
	return line
}

// discovered logs what is downstream of what the run has built.
func (l *refreshLog) discovered(d progress.Discovery) {
	l.log.event("%s", discoveryTitle(d))
	if lines := discoveryLines(d); len(lines) > 0 {
		l.log.group("what "+d.Run+" fed", lines)
	}
}

func (l *refreshLog) start(e progress.RefreshesStarting, pending []progress.Refresh, now time.Time) {
	l.startedAt, l.lastLine, l.labelCounts = now, now, map[string]int{}
	for _, r := range pending {
		l.labelCounts[refreshLabel(r)]++
	}
	text := "refreshing " + pluralize(len(pending), "item")
	if e.Parallel > 0 && e.Parallel < len(pending) {
		text += fmt.Sprintf(", %d at a time", e.Parallel)
	}
	l.log.event("%s", text)
}

// update logs the end of a refresh. After maxListed of them, it only logs those that failed.
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
	if r.Error != "" {
		text += ": " + sanitize.Truncate(unescapeLineBreaks(r.Error), errorLimit)
	}
	l.log.event("%s", text)
}

// heartbeat logs the progress if nothing was logged for a while.
func (l *refreshLog) heartbeat(e progress.RefreshesWaiting, now time.Time) {
	if now.Sub(l.lastLine) < heartbeat(now.Sub(l.startedAt)) {
		return
	}
	l.lastLine = now
	var counts []string
	for _, c := range []struct {
		n      int
		status string
	}{{e.NotStarted, "not started"}, {e.Queued, "queued"}, {e.Running, "running"}, {e.Ended, "ended"}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.status))
		}
	}
	l.log.event("still refreshing after %s: %s", formatDuration(now.Sub(l.startedAt)), strings.Join(counts, ", "))
}
