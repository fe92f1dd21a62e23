package tableau_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/tableau"
)

// TestCheckMetadata checks that CheckMetadata returns the same error before a run as Lineage after it.
func TestCheckMetadata(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		settings sandbox.Metadata
		wantErr  string
	}{
		{name: "on"},
		{name: "no_administrator", settings: sandbox.Metadata{FilterRequired: true}},
		{name: "backfilling", settings: sandbox.Metadata{Backfilling: true}},
		{name: "busy", settings: sandbox.Metadata{RateLimitedQueries: 1}},
		{name: "off", settings: sandbox.Metadata{Disabled: true}, wantErr: "tsm maintenance metadata-services enable"},
		{name: "denied", settings: sandbox.Metadata{Denied: true}, wantErr: tableau.ScopeContent},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := lineageSite()
				site.Metadata = tc.settings
				client := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: site}).Tableau())
				_, err := client.Lineage(t.Context(), tableNames, rest.Polling)
				for _, err := range []error{client.CheckMetadata(t.Context()), err} {
					if (err == nil) != (tc.wantErr == "") || !strings.Contains(errorText(err), tc.wantErr) {
						t.Errorf("error %v, want %q", err, tc.wantErr)
					}
				}
			})
		})
	}
}

// TestLineage_limit checks that a response that is truncated even for a single name is an error, without a partial result.
func TestLineage_limit(t *testing.T) {
	t.Parallel()

	for _, settings := range []sandbox.Metadata{{NodeLimit: 2}, {TimeLimit: 2}} {
		t.Run(fmt.Sprintf("%+v", settings), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := lineageSite()
				site.Metadata = settings
				client := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: site}).Tableau())
				lineage, err := client.Lineage(t.Context(), tableNames, rest.Polling)
				if want := "The response is truncated even for a single name"; !strings.Contains(errorText(err), want) {
					t.Errorf("error %v, want %q", err, want)
				}
				if diff := cmp.Diff(tableau.Lineage{}, lineage); diff != "" {
					t.Errorf("lineage beside an error (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCheckMetadata_limit checks that a truncated response counts as available.
func TestCheckMetadata_limit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		truncated := respond(200, `{"data":{"page":{"nodes":[]}},"errors":[{"message":"Too much.","extensions":{"code":"NODE_LIMIT_EXCEEDED","severity":"WARNING"}}]}`)
		if err := signedIn(t, &fakeSite{handler: truncated}).CheckMetadata(t.Context()); err != nil {
			t.Errorf("CheckMetadata() = %v, want none", err)
		}
	})
}

// TestLineage_responses covers errors and warnings next to a page or instead of one.
func TestLineage_responses(t *testing.T) {
	t.Parallel()

	const page = `"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":false}}}`
	cases := []struct {
		name     string
		handler  http.HandlerFunc
		wantErr  string
		warnings []string
		// queries is the number of queries; 0 is any.
		queries int
	}{
		{name: "warning", handler: respond(200, `{`+page+`,"errors":[{"message":"Some warning.","extensions":{"code":"OTHER_WARNING","severity":"WARNING"}}]}`), warnings: []string{"Some warning."}},
		{
			name: "warning_with_severity_error", handler: respond(200, `{`+page+`,"errors":[{"message":"Backfill running.","extensions":{"code":"BACKFILL_RUNNING","severity":"ERROR"}}]}`),
			warnings: []string{"Backfill running."},
		},
		{name: "error_next_to_a_page", handler: respond(200, `{`+page+`,"errors":[{"message":"Some error.","extensions":{"code":"OTHER_ERROR","severity":"ERROR"}}]}`), wantErr: "failed to query the content that uses the tables: the Metadata API reported: Some error"},
		{name: "error_without_a_code", handler: respond(200, `{`+page+`,"errors":[{"message":"Some error.","extensions":{"severity":"ERROR"}}]}`), wantErr: "failed to query the content that uses the tables: the Metadata API reported: Some error"},
		{name: "warning_without_a_page", handler: respond(200, `{"data":null,"errors":[{"message":"Some warning.","extensions":{"code":"OTHER_WARNING","severity":"WARNING"}}]}`), wantErr: "the Metadata API reported: Some warning"},
		{name: "no_such_field", handler: respond(200, `{"errors":[{"message":"Cannot query field."}]}`), wantErr: "the Metadata API reported: Cannot query field"},
		{name: "no_data", handler: respond(200, `{}`), wantErr: "the data is missing"},
		{name: "null_page", handler: respond(200, `{"data":{"page":null}}`), wantErr: "the data is missing"},
		{name: "empty", handler: respond(200, ``), wantErr: "failed to query the content that uses the tables"},
		{name: "no_cursor", handler: respond(200, `{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true}}}}`), wantErr: "returned no valid cursor for the next page"},
		{name: "same_cursor", handler: respond(200, `{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}`), wantErr: "returned no valid cursor for the next page"},
		{name: "cursor_cycle", handler: respondWithCursorCycle, wantErr: "returned no valid cursor for the next page", queries: 3},
		{name: "null_nodes", handler: respond(200, `{"data":{"page":{"nodes":null,"pageInfo":{"hasNextPage":false}}}}`), wantErr: "the data is missing"},
		{name: "no_page_info", handler: respond(200, `{"data":{"page":{"nodes":[]}}}`), wantErr: "the data is missing"},
		{name: "too_old", handler: respond(404, ``), wantErr: "Tableau Server 2019.3 or later"},
		{name: "too_long", handler: respond(200, `{"data":`+strings.Repeat(" ", 11<<20)+`{}}`), wantErr: "response is truncated even for a single name", queries: 7},
		{name: "forbidden", handler: respond(403, `no`), wantErr: "403 Forbidden: no"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &fakeSite{handler: tc.handler}
				lineage, err := signedIn(t, server).Lineage(t.Context(), []string{"ORDERS"}, rest.Polling)
				if _, requests := server.recorded(); tc.queries > 0 && len(requests) != tc.queries {
					t.Errorf("%d queries, want %d", len(requests), tc.queries)
				}
				if (err == nil) != (tc.wantErr == "") || !strings.Contains(errorText(err), tc.wantErr) {
					t.Errorf("error %v, want %q", err, tc.wantErr)
				}
				if diff := cmp.Diff(tc.warnings, lineage.Warnings); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// respondWithCursorCycle returns cursors that lead from one page to another and back.
func respondWithCursorCycle(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	next := "x"
	if strings.Contains(string(body), `"after":"x"`) {
		next = "y"
	}
	respond(200, fmt.Sprintf(`{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":%q}}}}`, next))(w, r)
}

// TestLineage_recordedLimit covers a recorded time limit error, which has neither a code nor a severity.
func TestLineage_recordedLimit(t *testing.T) {
	t.Parallel()

	var recorded struct{ Errors json.RawMessage }
	if err := json.Unmarshal([]byte(fixture(t, "metadata_query_error.json")), &recorded); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		body := fmt.Sprintf(`{"data":{"page":{"nodes":[{"id":"a","name":"ORDERS"}],"pageInfo":{"hasNextPage":false}}},"errors":%s}`, recorded.Errors)
		_, err := signedIn(t, &fakeSite{handler: respond(200, body)}).Lineage(t.Context(), tableNames, rest.Polling)
		if want := "The response is truncated even for a single name: the Metadata API reported: Reached time limit"; !strings.Contains(errorText(err), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	})
}

// TestLineage_session checks that a session that ends between queries is renewed, and that an outage is retried.
func TestLineage_session(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &fakeSite{}
		queries := 0
		server.handler = func(w http.ResponseWriter, r *http.Request) {
			queries++
			switch queries {
			case 1:
				server.endSession()
				respond(200, `{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}`)(w, r)
			case 2:
				respond(503, `down`)(w, r)
			default:
				respond(200, `{"data":{"page":{"nodes":[{"id":"a","name":"ORDERS"}],"pageInfo":{"hasNextPage":false}}}}`)(w, r)
			}
		}
		lineage, err := signedIn(t, server).Lineage(t.Context(), []string{"ORDERS"}, rest.Polling)
		if diff := cmp.Diff([]tableau.DatabaseTable{{MetadataID: "a", Name: "ORDERS"}}, lineage.Tables); diff != "" || err != nil {
			t.Errorf("error %v, tables (-want +got):\n%s", err, diff)
		}
		if signIns, _ := server.recorded(); signIns != 2 {
			t.Errorf("%d sign-ins, want 2", signIns)
		}
	})
}

// TestCheckMetadata_scope checks that the error contains the scope that a connected app lacks.
func TestCheckMetadata_scope(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		denied := respondError(http.StatusUnauthorized, "401002", "Unauthorized Access", "Invalid authentication credentials were provided.")
		client := signedIn(t, &fakeSite{handler: denied}, func(o *tableau.Options) {
			o.Credentials = tableau.Credentials{
				App:      tableau.ConnectedApp{ClientID: "c", SecretID: "s", SecretValue: "a secret of thirty-two characters", Scopes: []string{tableau.ScopeRun}},
				Username: "jane",
			}
		})
		err := client.CheckMetadata(t.Context())
		if session, ok := errors.AsType[*tableau.SessionError](err); !ok || session.Scope != tableau.ScopeContent {
			t.Errorf("error %v, want a SessionError with the scope %s", err, tableau.ScopeContent)
		}
		if _, ok := errors.AsType[*rest.StatusError](err); !ok {
			t.Errorf("error %v does not wrap Tableau's response", err)
		}
	})
}
