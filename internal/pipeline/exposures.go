package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// exposureSearch gathers what the exposures point to.
type exposureSearch struct {
	*discovery
	wanted map[content.Type][]pointer
	// elsewhere are the exposures that lead to nothing on this site, silent those that lead nowhere.
	elsewhere, silent []string
	// idle are keys under meta.tableau that select nothing.
	idle []string
}

// pointer is what exposures say of something in Tableau.
type pointer struct {
	selector  selector.Selector
	exposures []string
}

// by says whose the pointer is.
func (p pointer) by() string { return "exposure " + progress.ShortList(p.exposures, mostNamed) }

// exposures finds what the exposures point to that depend on what was built, at any distance.
func (d *discovery) exposures(ctx context.Context) error {
	x := exposureSearch{discovery: d, wanted: map[content.Type][]pointer{}}
	all := d.build.manifest.Downstream(d.build.nodes)
	for _, exposure := range all {
		x.read(exposure)
	}
	for _, kind := range []content.Type{content.Datasource, content.Workbook} {
		if err := x.resolve(ctx, kind); err != nil {
			return fmt.Errorf("tableau-discover: exposures: %w", err)
		}
	}
	x.tell(len(all))
	return nil
}

// read takes all that one exposure says. What is under meta.tableau is meant for this; a url may lead anywhere.
func (x *exposureSearch) read(e artifact.Exposure) {
	x.readAll(e, content.Workbook, e.Tableau.Workbooks)
	x.readAll(e, content.Datasource, e.Tableau.Datasources)
	for _, key := range e.Tableau.Unknown {
		x.idle = append(x.idle, fmt.Sprintf("meta.%s of %s", key, e.Name))
	}
	said := len(e.Tableau.Workbooks)+len(e.Tableau.Datasources) > 0
	page, err := selector.Parse(e.URL)
	switch {
	case err == nil && page.Kind == selector.URL && page.ContentType != content.Flow:
		x.want(e, page.ContentType, page)
	case said:
	case e.URL == "":
		x.silent = append(x.silent, e.Name)
	default:
		x.elsewhere = append(x.elsewhere, fmt.Sprintf("%s (%s)", e.Name, plainURL(e.URL)))
	}
}

func (x *exposureSearch) readAll(e artifact.Exposure, kind content.Type, texts []string) {
	for _, text := range texts {
		parsed, err := selector.ParseLine(text)
		if err != nil {
			x.found.AddUnresolved(kind, text, fmt.Errorf("exposure %s: meta.tableau: %w", e.Name, err))
		}
		for _, s := range parsed {
			if s.Kind == selector.URL && s.ContentType != kind {
				x.found.AddUnresolved(kind, text, fmt.Errorf("exposure %s: meta.tableau: it is the address of a %s", e.Name, s.ContentType))
				continue
			}
			x.want(e, kind, s)
		}
	}
}

// want keeps a selector, unless it is the address of another site.
func (x *exposureSearch) want(e artifact.Exposure, kind content.Type, s selector.Selector) {
	if s.Kind == selector.URL && !strings.EqualFold(s.Site, x.story.config.Tableau.Site) {
		x.elsewhere = append(x.elsewhere, fmt.Sprintf("%s (%s)", e.Name, s))
		return
	}
	i := slices.IndexFunc(x.wanted[kind], func(p pointer) bool { return p.selector.String() == s.String() })
	if i < 0 {
		x.wanted[kind] = append(x.wanted[kind], pointer{s, []string{e.Name}})
	} else if p := &x.wanted[kind][i]; !slices.Contains(p.exposures, e.Name) {
		p.exposures = append(p.exposures, e.Name)
	}
}

func (x *exposureSearch) resolve(ctx context.Context, kind content.Type) error {
	var selectors []selector.Selector
	for _, p := range x.wanted[kind] {
		selectors = append(selectors, p.selector)
	}
	matches, err := x.resolver.Match(ctx, kind, selectors)
	if err != nil {
		return err
	}
	for i, match := range matches {
		x.take(kind, x.wanted[kind][i], match)
	}
	return nil
}

func (x *exposureSearch) take(kind content.Type, p pointer, match tableau.Match) {
	if _, foreign := errors.AsType[*tableau.OtherServerError](match.Err); foreign {
		x.elsewhere = append(x.elsewhere, fmt.Sprintf("%s (%s)", progress.ShortList(p.exposures, mostNamed), p.selector))
		return
	}
	if match.Err != nil {
		x.found.AddUnresolved(kind, p.selector.String(), fmt.Errorf("%s: %w", p.by(), match.Err))
		return
	}
	for _, item := range match.Items {
		x.note(item, p.by())
		x.found.Add(selection.NewEntry(item))
	}
}

// tell warns of what leads nowhere, and of a search that found nothing.
func (x *exposureSearch) tell(reached int) {
	if len(x.idle) > 0 {
		x.warn("exposures with keys that select nothing; there are workbook, workbooks, datasource and datasources: %s", progress.ShortList(x.idle, mostNamed))
	}
	if len(x.elsewhere) > 0 {
		x.warn("exposures that lead to no workbook or data source of this site: %s", progress.ShortList(x.elsewhere, mostNamed))
	}
	if len(x.silent) > 0 {
		x.found.Notes = append(x.found.Notes, "exposures with neither a url nor meta.tableau: "+progress.ShortList(x.silent, mostNamed))
	}
	switch {
	case reached == 0:
		x.warn("none of the dbt project's exposures (%d) depends on what the run has built", len(x.build.manifest.Exposures))
	case len(x.found.Entries) == 0:
		x.warn("none of the exposures that depend on what the run has built (%d) leads to anything on this site", reached)
	}
}

// plainURL is an address without what may be secret in it.
func plainURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "which is no address of a page"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// mostNamed is how many of a kind are named in a warning.
const mostNamed = 10
