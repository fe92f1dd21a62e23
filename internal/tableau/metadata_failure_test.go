package tableau_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/tableau"
)

const timeoutText = "Execution canceled because timeout of 30000 millis was reached"

// TestLineage_serverFailure checks that a query that fails in the server is repeated, and that a smaller one replaces a query
// that is too large.
func TestLineage_serverFailure(t *testing.T) {
	t.Parallel()

	for _, tc := range []struct{ failures, maxQuerySize int }{{failures: 1}, {failures: 30}, {maxQuerySize: 20}, {maxQuerySize: 1}, {failures: 3, maxQuerySize: 1}} {
		t.Run(fmt.Sprintf("%+v", tc), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := lineageSite()
				site.Metadata.MaxQuerySize = tc.maxQuerySize
				server := sandbox.New(sandbox.Scenario{Tableau: site})
				if tc.failures > 0 {
					server.AddFault(sandbox.Fault{Service: "tableau", Operation: "query-metadata", Kind: sandbox.QueryFailure, Times: tc.failures})
				}
				client := signedIn(t, server.Tableau())
				lineage, err := client.Lineage(t.Context(), tableNames, rest.Polling)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(allDependentNames, dependentNames(lineage)); diff != "" {
					t.Errorf("lineage (-want +got):\n%s", diff)
				}
				datasources, _, err := client.WorkbookDatasources(t.Context(), []string{testLUID(11), testLUID(12), testLUID(13)})
				if diff := cmp.Diff(lineage.WorkbookDatasources, datasources); diff != "" || err != nil {
					t.Errorf("error %v, data sources (-want +got):\n%s", err, diff)
				}
			})
		})
	}
}

// TestServerFailure_retryTimes checks for how long the smallest query is repeated.
func TestServerFailure_retryTimes(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		query func(context.Context, *tableau.Client) error
		want  time.Duration
	}{
		{"after_dbt", func(ctx context.Context, c *tableau.Client) error {
			_, err := c.Lineage(ctx, tableNames, rest.Polling)
			return err
		}, rest.Polling.Outage},
		{"before_dbt", func(ctx context.Context, c *tableau.Client) error { return c.CheckMetadata(ctx) }, rest.Preflight.Outage},
		{"best_effort", func(ctx context.Context, c *tableau.Client) error {
			_, _, err := c.WorkbookDatasources(ctx, []string{testLUID(11)})
			return err
		}, rest.BestEffort.Outage},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				failing := respond(200, `{"errors":[{"message":"`+timeoutText+`","locations":[]}],"data":null}`)
				client := signedIn(t, &fakeSite{handler: failing})
				started := time.Now()
				err := tc.query(t.Context(), client)
				if took := time.Since(started); took != tc.want {
					t.Errorf("repeated for %s, want %s", took, tc.want)
				}
				if !strings.Contains(errorText(err), timeoutText) {
					t.Errorf("error %v, want Tableau's text", err)
				}
			})
		})
	}
}

// TestLineage_invalidQuery checks that a query that GraphQL rejects is final.
func TestLineage_invalidQuery(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		`Cannot query field \"fullName\" on type \"DatabaseTable\".`, "Validation error of type FieldUndefined: Field 'x' in type 'Workbook' is undefined",
		"Invalid Syntax : offending token '<EOF>'", "Variable 'first' has an invalid value", "Unknown argument filter",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &fakeSite{handler: respond(200, `{"errors":[{"message":"`+text+`","locations":[{"line":1,"column":2}]}],"data":null}`)}
				client := signedIn(t, server)
				started := time.Now()
				_, err := client.Lineage(t.Context(), tableNames, rest.Polling)
				if _, queries := server.recorded(); err == nil || len(queries) != 1 || time.Since(started) > 0 {
					t.Errorf("error %v after %d queries and %s, want one after 1", err, len(queries), time.Since(started))
				}
				if err := client.CheckMetadata(t.Context()); err == nil || time.Since(started) > 0 {
					t.Errorf("CheckMetadata() = %v after %s, want an error at once", err, time.Since(started))
				}
			})
		})
	}
}

// TestLineage_growth checks that batches grow more rarely if larger ones keep failing, because each failure takes 30 s.
func TestLineage_growth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := lineageSite()
		site.Metadata.MaxQuerySize = 20
		server := sandbox.New(sandbox.Scenario{Tableau: site})
		names := make([]string, 3000)
		for i := range names {
			names[i] = fmt.Sprintf("T%d", i)
		}
		if _, err := signedIn(t, server.Tableau()).Lineage(t.Context(), names, rest.Polling); err != nil {
			t.Fatal(err)
		}
		failed := 0
		for _, query := range metadataQueries(t, server) {
			if query.First > 20 {
				failed++
			}
		}
		if failed > 8 {
			t.Errorf("%d of %d queries failed, want at most 8", failed, len(metadataQueries(t, server)))
		}
	})
}

// TestLineage_endedSession checks that a session that has ended is not mistaken for an empty site, no matter when it ended.
func TestLineage_endedSession(t *testing.T) {
	t.Parallel()

	const empty = `"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":false}}}`
	for name, ended := range map[string]string{
		"empty": `{` + empty + `}`, "backfilling": `{` + empty + `,"errors":[{"message":"Backfill running.","extensions":{"code":"BACKFILL_RUNNING","severity":"WARNING"}}]}`,
	} {
		for _, endsAt := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s_%d", name, endsAt), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					site := &fakeSite{}
					site.handler = respond(200, `{"data":{"page":{"nodes":[{"id":"a","name":"ORDERS"}],"pageInfo":{"hasNextPage":false}}}}`)
					queries := 0
					client := signedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if !strings.HasSuffix(r.URL.Path, "/graphql") {
							site.ServeHTTP(w, r)
							return
						}
						if queries++; queries == endsAt {
							site.endSession() // between the check and the query
						}
						if !site.validSession(r) {
							_, _ = io.WriteString(w, ended)
							return
						}
						site.ServeHTTP(w, r)
					}))
					if endsAt == 0 {
						site.endSession()
					}
					lineage, err := client.Lineage(t.Context(), []string{"ORDERS"}, rest.Polling)
					if diff := cmp.Diff(tableau.Lineage{Tables: []tableau.DatabaseTable{{MetadataID: "a", Name: "ORDERS"}}, WorkbookDatasources: map[string]tableau.WorkbookDatasources{}}, lineage); diff != "" || err != nil {
						t.Errorf("error %v, lineage (-want +got):\n%s", err, diff)
					}
					if signIns, _ := site.recorded(); signIns != 2 {
						t.Errorf("%d sign-ins, want 2", signIns)
					}
				})
			})
		}
	}
}
