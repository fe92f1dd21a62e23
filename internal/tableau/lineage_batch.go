package tableau

import (
	"context"
	"errors"
	"fmt"

	"dbt-tableau-refresh/internal/rest"
)

// survey is a query that is put for many values, in batches of values and in pages of what they find. It has one field, and
// the variables $values, and, unless its answer comes whole, $first and $after.
type batchQuery struct {
	client    *Client
	retry     rest.RetryTimes
	operation string
	query     string
	// mostValues and mostNodes are how much is asked for at a time at the most. Tableau allows pages of 1,000; it counts
	// whatever hangs on their nodes against its node limit.
	maxValues, maxNodes int
	unpaged             bool
	// warn gets what Tableau says of an answer that is whole.
	warn func(text string)
}

// collect puts the query for all values. Take may get the same node twice: a batch that is too much is begun anew with
// half of its values. Behind a batch that fits, the next ones grow again, since mostly a single value is to blame.
func collect[N any](ctx context.Context, query batchQuery, values []string, take func(N)) error {
	batchSize, pageSize, after := query.maxValues, query.maxNodes, ""
	seen := map[string]bool{} // the cursors of the batch
	for len(values) > 0 {
		batch := values[:min(batchSize, len(values))]
		page, err := runQuery[N](ctx, query, query.variables(batch, pageSize, after))
		switch {
		case isLimitError(err) && len(batch) > 1:
			batchSize, pageSize, after = len(batch)/2, max(1, pageSize/2), ""
			clear(seen)
			continue
		case isLimitError(err) && pageSize > 1 && !query.unpaged:
			pageSize /= 2
			continue
		case err != nil:
			return err
		}
		for _, node := range page.Nodes {
			take(node)
		}
		if next := page.PageInfo.EndCursor; page.PageInfo.HasNextPage {
			if next == "" || seen[next] || len(seen) == maxPages {
				return fmt.Errorf("failed to %s: the Metadata API says that there is more, and not where", query.operation)
			}
			after, seen[next] = next, true
			continue
		}
		clear(seen)
		values, batchSize, pageSize, after = values[len(batch):], min(2*batchSize, query.maxValues), min(2*pageSize, query.maxNodes), ""
	}
	return nil
}

func (q batchQuery) variables(values []string, first int, after string) map[string]any {
	if q.unpaged {
		return map[string]any{"values": values}
	}
	return map[string]any{"values": values, "first": first, "after": nullIfEmpty(after)}
}

// cursor is null for the first page.
func nullIfEmpty(after string) *string {
	if after == "" {
		return nil
	}
	return &after
}

func isLimitError(err error) bool {
	_, ok := errors.AsType[*MetadataLimitError](err)
	return ok
}
