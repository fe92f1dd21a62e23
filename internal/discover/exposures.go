package discover

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

// exposureSearch collects what the exposures point to.
type exposureSearch struct {
	*search
	refs map[content.Type][]exposureRef
	// otherSite are exposures that point to another site, redirects those whose URL redirects to a view, withoutRef those that
	// point to nothing, and unknownKeys the keys under meta.tableau that select nothing.
	otherSite, redirects, withoutRef, unknownKeys []string
}

// exposureRef is something in Tableau that exposures point to.
type exposureRef struct {
	selector  selector.Selector
	shown     string // the URL without its query, or the selector
	exposures []string
	relations []string // the tables and views that the exposures depend on
}

// exposures adds the content of all exposures that depend, directly or indirectly, on what was built.
func (s *search) exposures(ctx context.Context) error {
	x := exposureSearch{search: s, refs: map[content.Type][]exposureRef{}}
	all, downstream := map[string]bool{}, map[string]bool{}
	for _, manifest := range s.Build.Manifests() {
		for _, e := range manifest.Exposures {
			all[e.UniqueID] = true
		}
		for _, e := range manifest.DownstreamExposures(s.nodes) {
			if key := fmt.Sprint(e.Exposure); !downstream[key] {
				downstream[key] = true
				x.read(e)
			}
		}
	}
	for _, contentType := range []content.Type{content.Datasource, content.Workbook} {
		if err := x.resolve(ctx, contentType); err != nil {
			return fmt.Errorf("tableau-discover: exposures: %w", err)
		}
	}
	x.report(len(all), len(downstream))
	return nil
}

// noteIndependentExposures adds a note about exposures that point to Tableau and depend on nothing.
func (s *search) noteIndependentExposures() {
	var names []string
	for _, manifest := range s.Build.Manifests() {
		for _, e := range manifest.Exposures {
			page, err := selector.Parse(e.URL)
			isTableau := errors.Is(err, selector.ErrRedirect) || err == nil && page.Kind == selector.URL ||
				len(e.Tableau.Workbooks)+len(e.Tableau.Datasources) > 0
			if len(e.DependsOn) == 0 && isTableau && !slices.Contains(names, e.Name) {
				names = append(names, e.Name)
			}
		}
	}
	if len(names) > 0 {
		s.found.Notes = append(s.found.Notes, "tableau-discover: add depends_on to these exposures. They depend on nothing, "+
			"so they are never refreshed: "+shortList(names))
	}
}

// read collects the references of an exposure. meta.tableau is always for this action, but url can point anywhere.
func (x *exposureSearch) read(e artifact.DownstreamExposure) {
	x.readAll(e, content.Workbook, e.Tableau.Workbooks)
	x.readAll(e, content.Datasource, e.Tableau.Datasources)
	for _, key := range e.Tableau.UnknownKeys {
		x.unknownKeys = append(x.unknownKeys, fmt.Sprintf("meta.%s of %s", key, e.Name))
	}
	hasMeta := len(e.Tableau.Workbooks)+len(e.Tableau.Datasources) > 0
	page, err := selector.Parse(e.URL)
	switch {
	case err == nil && page.Kind == selector.URL && page.ContentType != content.Flow:
		x.addRef(e, page.ContentType, exposureRef{selector: page, shown: withoutQuery(e.URL)})
	case hasMeta:
	case e.URL == "":
		x.withoutRef = append(x.withoutRef, e.Name)
	case errors.Is(err, selector.ErrRedirect):
		x.redirects = append(x.redirects, fmt.Sprintf("%s (%s)", e.Name, withoutQuery(e.URL)))
	default:
		x.otherSite = append(x.otherSite, fmt.Sprintf("%s (%s)", e.Name, withoutQuery(e.URL)))
	}
}

func (x *exposureSearch) readAll(e artifact.DownstreamExposure, contentType content.Type, lines []string) {
	for _, line := range lines {
		parsed, err := selector.ParseLine(line)
		if strings.HasPrefix(line, "http") && strings.Contains(line, "://") {
			line = withoutQuery(line)
		}
		if err != nil {
			x.found.AddUnresolved(contentType, line, fmt.Errorf("exposure %s: meta.tableau: %w", e.Name, err))
		}
		for _, s := range parsed {
			if s.Kind == selector.URL && s.ContentType != contentType {
				x.found.AddUnresolved(contentType, line, fmt.Errorf("exposure %s: meta.tableau: use the URL of a %s. "+
					"This is the URL of a %s", e.Name, contentType.Noun(), s.ContentType.Noun()))
				continue
			}
			x.addRef(e, contentType, exposureRef{selector: s, shown: s.String()})
		}
	}
}

func (x *exposureSearch) addRef(e artifact.DownstreamExposure, contentType content.Type, ref exposureRef) {
	if ref.selector.Kind == selector.URL && !strings.EqualFold(ref.selector.Site, x.Config.Site) {
		x.otherSite = append(x.otherSite, fmt.Sprintf("%s (%s)", e.Name, ref.shown))
		return
	}
	i := slices.IndexFunc(x.refs[contentType], func(r exposureRef) bool { return r.selector.String() == ref.selector.String() })
	if i < 0 {
		i = len(x.refs[contentType])
		x.refs[contentType] = append(x.refs[contentType], ref)
	}
	r := &x.refs[contentType][i]
	if !slices.Contains(r.exposures, e.Name) {
		r.exposures = append(r.exposures, e.Name)
	}
	r.relations = append(r.relations, relationNames(e.Upstream)...)
}

func (x *exposureSearch) resolve(ctx context.Context, contentType content.Type) error {
	var selectors []selector.Selector
	for _, ref := range x.refs[contentType] {
		selectors = append(selectors, ref.selector)
	}
	matches, err := x.resolver.Match(ctx, contentType, selectors)
	for i, match := range matches {
		ref := x.refs[contentType][i]
		if _, other := errors.AsType[*tableau.OtherServerError](match.Err); other {
			x.otherSite = append(x.otherSite, fmt.Sprintf("%s (%s)", shortList(ref.exposures), ref.shown))
			continue
		}
		reason := "exposure " + shortList(ref.exposures)
		if match.Err != nil {
			x.found.AddUnresolved(contentType, ref.selector.String(), fmt.Errorf("%s: %w", reason, match.Err))
			continue
		}
		for _, item := range match.Items {
			x.addItem(item, append([]string{reason}, ref.relations...)...)
			x.found.Add(selection.NewEntry(item))
		}
	}
	return err
}

func (x *exposureSearch) report(all, downstream int) {
	if len(x.unknownKeys) > 0 {
		x.warn("use workbook, workbooks, datasource, or datasources instead of these unknown keys of exposures: %s",
			shortList(x.unknownKeys))
	}
	if len(x.otherSite) > 0 {
		x.warn("these exposures do not point to a workbook or data source on this site: %s", shortList(x.otherSite))
	}
	if len(x.redirects) > 0 {
		x.warn("replace the url of these exposures, because it only redirects to a view. Open it in a browser, and copy the URL "+
			"that then appears: %s", shortList(x.redirects))
	}
	if len(x.withoutRef) > 0 {
		x.found.Notes = append(x.found.Notes, "these exposures have neither a url nor meta.tableau: "+shortList(x.withoutRef))
	}
	switch {
	case downstream == 0:
		x.warn("no exposure depends on what the run built (%s checked)", progress.Count(all, "exposure"))
	case len(x.found.Entries) == 0:
		x.warn("no exposure that depends on what the run built points to content on this site (%s checked)",
			progress.Count(downstream, "exposure"))
	}
}

// withoutQuery removes the parts of a URL that might contain a secret. The query of a Tableau page is in the fragment.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "invalid URL"
	}
	u.User = nil
	if !strings.HasPrefix(u.Fragment, "/") {
		u.Fragment, u.RawFragment = "", ""
	}
	text, _, _ = strings.Cut(u.String(), "?")
	return text
}

func shortList(names []string) string { return progress.ShortList(names, 10) }
