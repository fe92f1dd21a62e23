package tableau

import (
	"context"
	"errors"
	"fmt"

	"dbt-tableau-refresh/internal/rest"
)

// survey is a query that is put for many values, in batches of values and in pages of what they find. It has one field, and
// the variables $values, and, unless its answer comes whole, $first and $after.
type survey struct {
	client    *Client
	patience  rest.RetryTimes
	operation string
	query     string
	// mostValues and mostNodes are how much is asked for at a time at the most. Tableau allows pages of 1,000; it counts
	// whatever hangs on their nodes against its node limit.
	mostValues, mostNodes int
	whole                 bool
	// warn gets what Tableau says of an answer that is whole.
	warn func(text string)
}

// collect puts the query for all values. Take may get the same node twice: a batch that is too much is begun anew with
// half of its values. Behind a batch that fits, the next ones grow again, since mostly a single value is to blame.
func collect[N any](ctx context.Context, s survey, values []string, take func(N)) error {
	most, first, after := s.mostValues, s.mostNodes, ""
	seen := map[string]bool{} // the cursors of the batch
	for len(values) > 0 {
		batch := values[:min(most, len(values))]
		page, err := ask[N](ctx, s, s.variables(batch, first, after))
		switch {
		case isLimit(err) && len(batch) > 1:
			most, first, after = len(batch)/2, max(1, first/2), ""
			clear(seen)
			continue
		case isLimit(err) && first > 1 && !s.whole:
			first /= 2
			continue
		case err != nil:
			return err
		}
		for _, node := range page.Nodes {
			take(node)
		}
		if next := page.PageInfo.EndCursor; page.PageInfo.HasNextPage {
			if next == "" || seen[next] || len(seen) == maxPages {
				return fmt.Errorf("failed to %s: the Metadata API says that there is more, and not where", s.operation)
			}
			after, seen[next] = next, true
			continue
		}
		clear(seen)
		values, most, first, after = values[len(batch):], min(2*most, s.mostValues), min(2*first, s.mostNodes), ""
	}
	return nil
}

func (s survey) variables(values []string, first int, after string) map[string]any {
	if s.whole {
		return map[string]any{"values": values}
	}
	return map[string]any{"values": values, "first": first, "after": cursor(after)}
}

// cursor is null for the first page.
func cursor(after string) *string {
	if after == "" {
		return nil
	}
	return &after
}

func isLimit(err error) bool {
	_, ok := errors.AsType[*MetadataLimitError](err)
	return ok
}
