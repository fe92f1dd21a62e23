package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// fields are the fields that a list can be filtered and sorted by. A field such as tags has many values.
type fields[T any] map[string]func(T) []string

func singleValue[T any](value func(T) string) func(T) []string {
	return func(item T) []string { return []string{value(item)} }
}

// filter is one condition of a list, such as name:in:[a,b].
type filter struct {
	field, operator string
	values          []string
}

// listReply returns the page of items that the request selects with filter, sort, pageSize, and pageNumber.
func listReply[T any](r *http.Request, items []T, known fields[T], fill func([]T, *tsResponse)) reply {
	query := r.URL.Query()
	filters, ok := parseFilters(query.Get("filter"))
	if !ok {
		return badRequest("Invalid filter expression '" + query.Get("filter") + "'.")
	}
	for _, f := range filters {
		if known[f.field] == nil {
			return badRequest("The field '" + f.field + "' can't be filtered by.")
		}
	}
	kept := keep(items, func(item T) bool {
		return !slices.ContainsFunc(filters, func(f filter) bool { return !f.matches(known[f.field](item)) })
	})
	sortItems(kept, query.Get("sort"), known)
	paging, refused := parsePaging(query.Get("pageSize"), query.Get("pageNumber"), len(kept))
	if refused != nil {
		return *refused
	}
	from := (paging.PageNumber - 1) * paging.PageSize
	answer := tsResponse{Pagination: paging}
	fill(kept[from:min(from+paging.PageSize, len(kept))], &answer)
	return tableauXML(http.StatusOK, answer)
}

// parseFilters parses field:operator:value, separated by commas. A value can't contain a comma or an ampersand.
func parseFilters(text string) ([]filter, bool) {
	var filters []filter
	for text != "" {
		var field, operator, value string
		var okField, okOperator bool
		field, text, okField = strings.Cut(text, ":")
		operator, text, okOperator = strings.Cut(text, ":")
		if !okField || !okOperator || strings.Contains(text, "&") {
			return nil, false
		}
		if operator == "in" {
			var closed bool
			value, text, closed = strings.Cut(strings.TrimPrefix(text, "["), "]")
			if !closed {
				return nil, false
			}
			text = strings.TrimPrefix(text, ",")
			filters = append(filters, filter{field, operator, strings.Split(value, ",")})
			continue
		}
		value, text, _ = strings.Cut(text, ",")
		filters = append(filters, filter{field, operator, []string{value}})
	}
	return filters, !slices.ContainsFunc(filters, func(f filter) bool {
		return !slices.Contains([]string{"eq", "in", "cieq", "has", "gt", "gte", "lt", "lte"}, f.operator)
	})
}

// matches reports whether any value of an item satisfies any value of the filter.
func (f filter) matches(values []string) bool {
	for _, value := range values {
		for _, wanted := range f.values {
			if f.matchesValue(value, wanted) {
				return true
			}
		}
	}
	return false
}

func (f filter) matchesValue(value, wanted string) bool {
	switch f.operator {
	case "eq", "in":
		return value == wanted
	case "cieq":
		return strings.EqualFold(value, wanted)
	case "has":
		return strings.Contains(strings.ToLower(value), strings.ToLower(wanted))
	}
	// A time that is empty is neither before nor after another.
	order := compareValues(value, wanted)
	return value != "" && map[string]bool{"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[f.operator]
}

// compareValues compares numbers as numbers; the format of times sorts as text.
func compareValues(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}

// sortItems sorts by terms like field:asc or field:desc. Unknown fields are ignored.
func sortItems[T any](items []T, text string, known fields[T]) {
	slices.SortStableFunc(items, func(a, b T) int {
		for term := range strings.SplitSeq(text, ",") {
			field, direction, _ := strings.Cut(term, ":")
			if known[field] == nil {
				continue
			}
			order := compareValues(strings.Join(known[field](a), ","), strings.Join(known[field](b), ","))
			if direction == "desc" {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}

// parsePaging returns an error reply for invalid sizes and pages. An empty list has one page.
func parsePaging(size, number string, total int) (*xmlPagination, *reply) {
	paging := &xmlPagination{PageNumber: 1, PageSize: 100, TotalAvailable: total}
	var err error
	if size != "" {
		paging.PageSize, err = strconv.Atoi(size)
	}
	switch {
	case err != nil || paging.PageSize < 1:
		return nil, new(tableauError(400007, "Invalid page size", "The page size must be a whole number from 1 to 1000."))
	case paging.PageSize > 1000:
		return nil, new(tableauError(403014, "Page size limit exceeded", "The page size must be a whole number from 1 to 1000."))
	}
	if number != "" {
		paging.PageNumber, err = strconv.Atoi(number)
	}
	pages := max(1, (total+paging.PageSize-1)/paging.PageSize)
	if err != nil || paging.PageNumber < 1 || paging.PageNumber > pages {
		return nil, new(tableauError(400006, "Invalid page number", "There is no page '"+number+"'."))
	}
	return paging, nil
}
