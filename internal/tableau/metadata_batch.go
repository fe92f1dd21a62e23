package tableau

import (
	"context"
	"fmt"

	"dbt-tableau-refresh/internal/rest"
)

// batchQuery is a GraphQL query for many values, which is sent for batches of values, and whose results are read in pages.
// The query has one top-level field and the variable $values, and unless it is unpaged, the variables $first and $after.
type batchQuery struct {
	client    *Client
	retry     rest.RetryTimes
	operation string
	graphQL   string
	// maxValues and maxNodes are the largest batch and page. Tableau allows pages of 1,000 nodes, but also counts the objects
	// below them against its node limit.
	maxValues, maxNodes int
	unpaged             bool
	// smallest is true if nothing less can be requested. Only then, a failure of the server is retried.
	smallest bool
	// warn is called with each warning in a complete response.
	warn func(responseError)
}

// collect sends the query for all values and calls add with each node, sometimes twice: a batch whose response is truncated
// is restarted with half of its values. After a batch that fits, the next ones grow again, because usually a single value
// causes the truncation. Each time that this was too early, twice as many batches have to fit first.
func collect[N any](ctx context.Context, query batchQuery, values []string, add func(N)) error {
	batchSize, pageSize, after := query.maxValues, query.maxNodes, ""
	seen := map[string]bool{} // cursors of the current batch
	fits, growAfter, grown := 0, 1, false
	for len(values) > 0 {
		batch := values[:min(batchSize, len(values))]
		query.smallest = len(batch) == 1 && (pageSize == 1 || query.unpaged)
		page, err := runQuery[N](ctx, query, query.variables(batch, pageSize, after))
		if isLimitError(err) && grown {
			fits, growAfter, grown = 0, 2*growAfter, false
		}
		switch {
		case isLimitError(err) && len(batch) > 1:
			batchSize, pageSize, after = len(batch)/2, max(1, pageSize/2), ""
			clear(seen)
			continue
		case isLimitError(err) && !query.smallest:
			pageSize /= 2
			continue
		case err != nil:
			return err
		}
		for _, node := range page.Nodes {
			add(node)
		}
		if next := page.PageInfo.EndCursor; page.PageInfo.HasNextPage == BoolTrue {
			if next == "" || seen[next] || len(seen) == maxPages {
				return fmt.Errorf("failed to %s: the Metadata API says that there is more, and not where", query.operation)
			}
			after, seen[next] = next, true
			continue
		}
		clear(seen)
		values, after, fits = values[len(batch):], "", fits+1
		if grown = fits >= growAfter; grown {
			batchSize, pageSize, fits = min(2*batchSize, query.maxValues), min(2*pageSize, query.maxNodes), 0
		}
	}
	return nil
}

func (q batchQuery) variables(values []string, first int, after string) map[string]any {
	variables := map[string]any{"values": values}
	if !q.unpaged {
		variables["first"], variables["after"] = first, nil // the first page
	}
	if after != "" {
		variables["after"] = after
	}
	return variables
}
