package pipeline

import (
	"context"
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// leaveOutLive deals with what has no extract of its own: a mistake where it was named, and else only left out.
func (s *story) leaveOutLive(ctx context.Context, to *selection) error {
	var mistakes []int
	left := 0
	for i := range to.entries {
		e := &to.entries[i]
		switch {
		case !e.live || e.problem != nil:
		case e.named && len(e.after) == 0:
			mistakes = append(mistakes, i)
		default:
			e.row.SetSkipped(progress.SkipNoExtract, noExtract)
			left++
		}
	}
	if left > 0 {
		to.notes = append(to.notes, fmt.Sprintf("left out, for want of an extract of their own: %d", left))
	}
	return s.explainLive(ctx, to, mistakes)
}

// explainLive names what to list instead of what is live, as far as Tableau tells.
func (s *story) explainLive(ctx context.Context, to *selection, places []int) error {
	var workbooks []int
	for _, i := range places {
		e := &to.entries[i]
		switch {
		case e.goal.Type != content.Workbook:
			e.problem = fmt.Errorf("tableau-datasources: %q (%s) has no extract of its own to refresh: it is live", e.row.Name, e.row.ID)
		case s.config.Tableau.IncludeDatasources:
			e.problem = e.nothingToRefresh()
		default:
			workbooks = append(workbooks, i)
		}
	}
	if len(workbooks) == 0 {
		return nil
	}
	readings, err := s.readings(ctx, to, workbooks)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	for k, i := range workbooks {
		r := reading{}
		if err == nil {
			r = readings[k]
		}
		to.entries[i].problem = to.entries[i].elsewhere(r.sources)
	}
	return nil
}

// elsewhere says what to refresh instead of a live workbook.
func (e entry) elsewhere(sources []tableau.Item) error {
	if len(sources) == 0 {
		return fmt.Errorf("%s: it is live, or reads published data sources; name those in tableau-datasources instead", e.noExtract())
	}
	return fmt.Errorf("%s: name the published data sources that it reads in tableau-datasources instead: %s, or set "+
		"tableau-include-datasources", e.noExtract(), listed(sources))
}

// nothingToRefresh says why tableau-include-datasources has added nothing for a live workbook.
func (e entry) nothingToRefresh() error {
	if len(e.reads) == 0 {
		return fmt.Errorf("%s, and reads no published data source with one: it is live, so take it out", e.noExtract())
	}
	return fmt.Errorf("%s, and tableau-exclude leaves out every published data source that it reads: %s", e.noExtract(), listed(e.reads))
}

func (e entry) noExtract() string {
	return fmt.Sprintf("tableau-workbooks: %q (%s) has no extract of its own to refresh", e.row.Name, e.row.ID)
}

func listed(sources []tableau.Item) string {
	var names []string
	for _, source := range sources {
		names = append(names, fmt.Sprintf("%s (%s)", source.Name, source.ID))
	}
	return strings.Join(names, ", ")
}
