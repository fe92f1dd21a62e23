package selection

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// datasourceRefs are the published data sources that one workbook uses.
type datasourceRefs struct {
	// selectors are LUIDs or names of the data sources.
	selectors []selector.Selector
	// noExtract contains the LUIDs, in lower case, of those without an extract according to the Metadata API.
	noExtract []string
	// items are the data sources with an extract, once they are looked up.
	items []tableau.Item
	// err is why the data sources can't be determined.
	err error
}

// addUpstream adds what the Metadata API returned.
func (d *datasourceRefs) addUpstream(upstream tableau.Upstream) {
	for _, source := range upstream.Published {
		luid := strings.ToLower(source.ID)
		if luid == "" { // then there is no name either
			d.err = errors.New("it reads a published data source that the signed-in user may not see")
			continue
		}
		d.selectors = append(d.selectors, selector.Selector{Kind: selector.LUID, LUID: luid})
		if source.HasExtracts == tableau.No {
			d.noExtract = append(d.noExtract, luid)
		}
	}
}

// addConnections adds the names in the connections of the workbook.
func (d *datasourceRefs) addConnections(connections []tableau.Connection, err error) {
	d.err = err
	for _, name := range tableau.PublishedNames(connections) {
		if name == "" {
			d.err = errors.New("it reads a published data source of which Tableau does not tell even the name")
			continue
		}
		d.selectors = append(d.selectors, selector.Selector{Kind: selector.Path, Path: []string{name}})
	}
}

// addMatch adds the data source that a selector matches, if it has an extract. metadataErr is why there may be names instead of
// LUIDs.
func (d *datasourceRefs) addMatch(match tableau.Match, metadataErr error, excluded map[string]bool) {
	items, err := match.Items, error(nil)
	switch {
	case match.Selector.Kind == selector.Path:
		items, err = matchByName(match, metadataErr, excluded)
	case match.Err != nil && !excluded[match.Selector.LUID]:
		err = fmt.Errorf("it reads a published data source that can't be refreshed: %w", match.Err)
	}
	if err != nil {
		d.err = errors.Join(d.err, err)
		return
	}
	for _, item := range items {
		if !d.lacksExtract(item) {
			d.items = append(d.items, item)
		}
	}
}

// matchByName returns the data source with the name of the selector, which must be exactly its own. If several have it, and all
// but one are excluded, it returns that one; if all are excluded, it returns none.
func matchByName(match tableau.Match, metadataErr error, excluded map[string]bool) ([]tableau.Item, error) {
	name := match.Selector.Path[0]
	items := slices.DeleteFunc(slices.Clone(match.Items), func(i tableau.Item) bool { return i.Name != name })
	if match.Err != nil {
		items = slices.DeleteFunc(items, func(i tableau.Item) bool { return excluded[strings.ToLower(i.ID)] })
		if len(items) == 0 && len(match.Items) > 0 {
			return nil, nil
		}
	}
	switch {
	case len(items) == 1:
		return items, nil
	case match.Err == nil:
		return nil, fmt.Errorf("it reads a published data source %q, which the signed-in user may not see; %w", name, metadataErr)
	}
	return nil, fmt.Errorf("it reads a published data source of which only the name is known: %w; exclude all but one, or let the Metadata API tell: %w", match.Err, metadataErr)
}

// lacksExtract reports whether a data source has no extract. The REST API is asked first: the Metadata API may be behind.
func (d *datasourceRefs) lacksExtract(item tableau.Item) bool {
	return item.NoExtract() || item.HasExtracts == tableau.Unknown && slices.Contains(d.noExtract, strings.ToLower(item.ID))
}
