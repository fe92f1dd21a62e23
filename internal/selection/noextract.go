package selection

import (
	"context"
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// skipNoExtract skips what has no extract. For a listed item that is a problem instead.
func (r *Resolver) skipNoExtract(ctx context.Context, to *Selection) error {
	var listed []int
	skipped := 0
	for i := range to.Entries {
		e := &to.Entries[i]
		switch {
		case !e.NoExtract || e.Problem != nil:
		case e.Listed && len(e.After) == 0:
			listed = append(listed, i)
		default:
			e.Row.SetSkipped(progress.SkipNoExtract, progress.NoExtract)
			skipped++
		}
	}
	if skipped > 0 {
		to.Notes = append(to.Notes, fmt.Sprintf("left out, for want of an extract of their own: %d", skipped))
	}
	return r.explainNoExtract(ctx, to, listed)
}

// explainNoExtract sets the problems of the entries at these positions, which have no extract. As far as Tableau returns it,
// the problem of a workbook lists the data sources to refresh instead.
func (r *Resolver) explainNoExtract(ctx context.Context, to *Selection, listed []int) error {
	var workbooks []int
	for _, i := range listed {
		e := &to.Entries[i]
		switch {
		case e.Target.Type != content.Workbook:
			e.Problem = fmt.Errorf("tableau-datasources: %q (%s) has no extract of its own to refresh: it is live", e.Row.Name, e.Row.ID)
		case r.config.IncludeDatasources:
			e.Problem = e.nothingToRefresh()
		default:
			workbooks = append(workbooks, i)
		}
	}
	if len(workbooks) == 0 {
		return nil
	}
	refs, err := r.datasourceRefs(ctx, to, workbooks)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	for k, i := range workbooks {
		var datasources []tableau.Item // none if they can't be determined
		if err == nil {
			datasources = refs[k].items
		}
		to.Entries[i].Problem = to.Entries[i].refreshInstead(datasources)
	}
	return nil
}

// refreshInstead returns the problem of a workbook without an extract, given the data sources to refresh instead.
func (e Entry) refreshInstead(datasources []tableau.Item) error {
	if len(datasources) == 0 {
		return fmt.Errorf("%s: it is live, or reads published data sources; name those in tableau-datasources instead", e.noExtract())
	}
	return fmt.Errorf("%s: name the published data sources that it reads in tableau-datasources instead: %s, or set "+
		"tableau-include-datasources", e.noExtract(), itemNames(datasources))
}

// nothingToRefresh returns the problem of a workbook without an extract for which tableau-include-datasources added nothing.
func (e Entry) nothingToRefresh() error {
	if len(e.datasources) == 0 {
		return fmt.Errorf("%s, and reads no published data source with one: it is live, so take it out", e.noExtract())
	}
	return fmt.Errorf("%s, and tableau-exclude leaves out every published data source that it reads: %s", e.noExtract(), itemNames(e.datasources))
}

func (e Entry) noExtract() string {
	return fmt.Sprintf("tableau-workbooks: %q (%s) has no extract of its own to refresh", e.Row.Name, e.Row.ID)
}

func itemNames(items []tableau.Item) string {
	var names []string
	for _, item := range items {
		names = append(names, fmt.Sprintf("%s (%s)", item.Name, item.ID))
	}
	return strings.Join(names, ", ")
}
