package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/errors"
)

// defaultNodeLimit is the default of Tableau Server.
const defaultNodeLimit = 20000

// limit returns a response with its warnings, truncated to the node limit. A page loses the truncated objects, because
// its cursor points behind them.
func (m Metadata) limit(response *graphql.Response, warnings []*errors.QueryError) map[string]any {
	list := make([]any, 0, len(response.Errors)+len(warnings)+1)
	for _, e := range slices.Concat(response.Errors, warnings) {
		list = append(list, e)
	}
	var data map[string]any
	_ = json.Unmarshal(response.Data, &data) // null if the query could not be parsed
	nodes := cmp.Or(m.NodeLimit, defaultNodeLimit)
	if m.TimeLimit > 0 && m.TimeLimit < nodes && truncate(data, m.TimeLimit) {
		list = append(list, map[string]any{"message": "Reached time limit of PT5S for query execution.", "path": nil, "extensions": nil})
	} else if truncate(data, nodes) {
		list = append(list, queryError("WARNING", "NODE_LIMIT_EXCEEDED", fmt.Sprintf("Showing partial results. The request exceeded the %d node limit. "+
			"Use pagination, additional filtering, or both in the query to adjust results.", nodes), map[string]any{"nodeLimit": nodes}))
	}
	answer := map[string]any{"data": data}
	if len(list) > 0 {
		answer["errors"] = list
	}
	return answer
}

// truncate limits the number of objects in the lists of a response, including nested lists, and reports whether any were
// removed.
func truncate(data map[string]any, limit int) bool {
	removed := false
	for _, root := range slices.Sorted(maps.Keys(data)) {
		holder, key := data, root
		if page, ok := data[root].(map[string]any); ok {
			holder, key = page, "nodes"
		}
		list, _ := holder[key].([]any)
		for i, object := range list {
			if limit -= countObjects(object); limit < 0 {
				holder[key], removed = list[:i], true
				break
			}
		}
	}
	return removed
}

// countObjects counts an object and all objects in its lists.
func countObjects(value any) int {
	n := 1
	object, _ := value.(map[string]any)
	for _, field := range object {
		if list, ok := field.([]any); ok {
			for _, inner := range list {
				n += countObjects(inner)
			}
		}
	}
	return n
}
