package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// maxPage is the largest page of a list.
const maxPage = 100

// pageReply returns the page that the parameters limit and offset select, in the envelope of lists.
func pageReply[T any](items []T, query url.Values, filters map[string]any) reply {
	total := len(items)
	offset, err := intParameter(query, "offset", 0)
	if err != nil {
		return dbtError(http.StatusBadRequest, "offset: A valid integer is required.")
	}
	limit, err := intParameter(query, "limit", maxPage)
	if err != nil {
		return dbtError(http.StatusBadRequest, "limit: A valid integer is required.")
	}
	limit = min(limit, maxPage)
	items = items[min(offset, total):]
	items = items[:min(limit, len(items))]
	filters["limit"], filters["offset"] = limit, offset
	rep := dbtEnvelope{
		Status: dbtStatus{Code: http.StatusOK, IsSuccess: true, UserMessage: "Success!"},
		Data:   items,
		Extra: map[string]any{
			"filters":    filters,
			"order_by":   query.Get("order_by"),
			"pagination": map[string]int{"count": len(items), "total_count": total},
		},
	}
	return dbtJSON(http.StatusOK, rep)
}

func intParameter(query url.Values, name string, otherwise int) (int, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(query.Get(name), 10, 31)
	return int(n), err
}

// relatedNames parses include_related: a JSON array of names, or a repeated parameter. As in the real API, names
// separated by commas are one unknown name, and unknown names are ignored.
func relatedNames(query url.Values) []string {
	var names []string
	for _, value := range query["include_related"] {
		var list []string
		if json.Unmarshal([]byte(value), &list) != nil {
			list = []string{value}
		}
		names = append(names, list...)
	}
	return names
}

// keep returns the items that satisfy every condition. The result is never nil.
func keep[T any](items []T, conditions ...func(T) bool) []T {
	kept := []T{}
	for _, item := range items {
		if !slices.ContainsFunc(conditions, func(condition func(T) bool) bool { return !condition(item) }) {
			kept = append(kept, item)
		}
	}
	return kept
}
