package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/errors"
)

// metadataRoot has a method for each root of a query. What they return is in the context of the query.
type metadataRoot struct{}

// schema is parsed only once, because that takes longer than most queries.
var schema = sync.OnceValue(func() *graphql.Schema { return graphql.MustParseSchema(metadataSchema, &metadataRoot{}) })

// metadataQuery is one query of the Metadata API.
type metadataQuery struct {
	settings Metadata
	// complete contains everything, with obfuscated names; visible contains only what the signed-in user can view.
	complete, visible *catalog

	mu       sync.Mutex
	warnings []*errors.QueryError
}

// queryMetadata handles queries of Tableau's Metadata API. Errors have status 200, and can contain partial data.
func (t *tableauServer) queryMetadata(r *http.Request, now time.Time) reply {
	var request struct {
		Query, OperationName string
		Variables            map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return jsonReply(http.StatusBadRequest, map[string]any{"errors": []any{map[string]string{"message": "The body is no JSON."}}})
	}
	settings := t.site.Metadata
	switch {
	case settings.Disabled:
		return refuseQuery("FEATURE_DISABLED", "Can't run the query because the Metadata API has not been enabled yet.")
	case settings.Denied:
		return refuseQuery("ACCESS_DENIED", "You are not authorized to use the Metadata API.")
	case t.rateLimited < settings.RateLimitedQueries:
		t.rateLimited++
		return refuseQuery("RATE_EXCEEDED", "The rate of API requests exceeded what's allowed.")
	case settings.MaxQuerySize > 0 && querySize(request.Variables) > settings.MaxQuerySize:
		return failQuery("Execution canceled because timeout of 30000 millis was reached")
	}
	query := &metadataQuery{settings: settings, complete: t.catalog(false), visible: t.catalog(true)}
	if t.checkSession("query-metadata", r, now) != nil {
		query.complete, query.visible = newCatalog(Site{}, false), newCatalog(Site{}, true)
		settings.Backfilling = settings.EndedSession == EndedSessionBackfilling
	}
	ctx := context.WithValue(r.Context(), queryKey{}, query)
	response := schema().Exec(ctx, request.Query, request.OperationName, request.Variables)
	if settings.Backfilling {
		query.warn("BACKFILL_RUNNING", "Still creating the Metadata API Store. Results from the query may be incomplete at this time.", nil)
	}
	return jsonReply(http.StatusOK, settings.limit(response, query.warnings))
}

// querySize returns the size of the page that is requested, or without pages the number of values to filter by.
func querySize(variables map[string]any) int {
	if first, ok := variables["first"].(float64); ok {
		return int(first)
	}
	values, _ := variables["values"].([]any)
	return len(values)
}

// queryKey is the key of a query in its context.
type queryKey struct{}

func queryOf(ctx context.Context) *metadataQuery {
	query, _ := ctx.Value(queryKey{}).(*metadataQuery)
	return query
}

// metadataStatus returns whether the Metadata API is complete. The format of the response is a guess.
func (t *tableauServer) metadataStatus(*http.Request, time.Time) reply {
	status := "COMPLETED"
	if t.site.Metadata.Backfilling {
		status = "RUNNING"
	}
	return jsonReply(http.StatusOK, map[string]string{"backfillStatus": status})
}

// catalog is created once, because the content does not change.
func (t *tableauServer) catalog(seenOnly bool) *catalog {
	c := &t.catalogs.whole
	if seenOnly {
		c = &t.catalogs.seen
	}
	if *c == nil {
		*c = newCatalog(t.site, seenOnly)
	}
	return *c
}

func (q *metadataQuery) warn(code, message string, properties map[string]any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.warnings = append(q.warnings, queryError("WARNING", code, message, properties))
}

func refuseQuery(code, message string) reply {
	return jsonReply(http.StatusOK, graphql.Response{Errors: []*errors.QueryError{queryError("ERROR", code, message, nil)}})
}

// failQuery returns an error without a code, instead of any data.
func failQuery(message string) reply {
	return jsonReply(http.StatusOK, map[string]any{"errors": []any{map[string]any{"message": message, "locations": []any{}}}, "data": nil})
}

func queryError(severity, code, message string, properties map[string]any) *errors.QueryError {
	extensions := map[string]any{"severity": severity, "code": code}
	if properties != nil {
		extensions["properties"] = properties
	}
	return &errors.QueryError{Message: message, Extensions: extensions}
}

func jsonReply(status int, value any) reply {
	body, err := json.Marshal(value)
	if err != nil {
		return reply{status: http.StatusInternalServerError, contentType: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	return reply{status: status, contentType: "application/json;charset=utf-8", body: body}
}
