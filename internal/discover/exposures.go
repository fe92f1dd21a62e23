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
	// otherSite are the exposures that point to something outside this site, redirects those whose URL redirects to a view,
	// and withoutRef those that point to nothing.
	otherSite, redirects, withoutRef []string
	// unknownKeys are keys under meta.tableau that select nothing.
	unknownKeys []string
}

// exposureRef is something in Tableau that exposures point to.
type exposureRef struct {
	selector selector.Selector
	// shown is the URL up to the "?", or the selector.
	shown     string
	exposures []string
	// relations are the tables and views that the exposures depend on.
	relations []string
}

func (r exposureRef) reason() string { return "exposure " + shortList(r.exposures) }

// exposures adds what the exposures point to that depend, directly or indirectly, on what was built.
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

// noteIndependentExposures adds a note about exposures that point to Tableau and depend on nothing: no run ever refreshes those.
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
		s.found.Notes = append(s.found.Notes, "tableau-discover: add depends_on to these exposures, because they depend on nothing and are never refreshed: "+shortList(names))
	}
}

// read collects what one exposure points to. What is under meta.tableau is meant for this action; a url can be of any site.
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
				x.found.AddUnresolved(contentType, line, fmt.Errorf("exposure %s: meta.tableau: it is the address of a %s", e.Name, s.ContentType))
				continue
			}
			x.addRef(e, contentType, exposureRef{selector: s, shown: s.String()})
		}
	}
}

// addRef keeps what an exposure points to, unless it is a URL of another site.
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
	if err != nil {
		return err
	}
	for i, match := range matches {
		x.addMatch(contentType, x.refs[contentType][i], match)
	}
	return nil
}

func (x *exposureSearch) addMatch(contentType content.Type, ref exposureRef, match tableau.Match) {
	if _, other := errors.AsType[*tableau.OtherServerError](match.Err); other {
		x.otherSite = append(x.otherSite, fmt.Sprintf("%s (%s)", shortList(ref.exposures), ref.shown))
		return
	}
	if match.Err != nil {
		x.found.AddUnresolved(contentType, ref.selector.String(), fmt.Errorf("%s: %w", ref.reason(), match.Err))
		return
	}
	for _, item := range match.Items {
		x.addItem(item, append([]string{ref.reason()}, ref.relations...)...)
		x.found.Add(selection.NewEntry(item))
	}
}

// report adds warnings about exposures that point to nothing on this site, and about a search that found nothing.
func (x *exposureSearch) report(all, downstream int) {
	if len(x.unknownKeys) > 0 {
		x.warn("exposures with keys that select nothing; there are workbook, workbooks, datasource and datasources: %s", shortList(x.unknownKeys))
	}
	if len(x.otherSite) > 0 {
		x.warn("exposures that lead to no workbook or data source of this site: %s", shortList(x.otherSite))
	}
	if len(x.redirects) > 0 {
		x.warn("for the url of an exposure, %v: %s", selector.ErrRedirect, shortList(x.redirects))
	}
	if len(x.withoutRef) > 0 {
		x.found.Notes = append(x.found.Notes, "exposures with neither a url nor meta.tableau: "+shortList(x.withoutRef))
	}
	switch {
	case downstream == 0:
		x.warn("none of the dbt project's exposures (%d) depends on what the run has built", all)
	case len(x.found.Entries) == 0:
		x.warn("none of the exposures that depend on what the run has built (%d) leads to anything on this site", downstream)
	}
}

// withoutQuery returns a URL without the parts that might contain a secret: up to the "?", which in the URL of a Tableau page
// is in the fragment.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "which is no address of a page"
	}
	u.User = nil
	if !strings.HasPrefix(u.Fragment, "/") {
		u.Fragment, u.RawFragment = "", ""
	}
	text, _, _ = strings.Cut(u.String(), "?")
	return text
}

// maxNames is how many names a warning lists.
const maxNames = 10

func shortList(names []string) string { return progress.ShortList(names, maxNames) }
