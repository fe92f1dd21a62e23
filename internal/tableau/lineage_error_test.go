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

// TestCheckMetadata tells before a run whether the lineage can be asked for after it, and Lineage tells the same.
func TestCheckMetadata(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		settings sandbox.Metadata
		code     string
		wantErr  string
	}{
		{name: "on"},
		{name: "no_administrator", settings: sandbox.Metadata{FilterRequired: true}},
		{name: "still_learning", settings: sandbox.Metadata{Backfilling: true}},
		{name: "busy", settings: sandbox.Metadata{RateLimitedQueries: 1}},
		{name: "off", settings: sandbox.Metadata{Disabled: true}, code: "FEATURE_DISABLED", wantErr: "tsm maintenance metadata-services enable"},
		{name: "denied", settings: sandbox.Metadata{Denied: true}, code: "ACCESS_DENIED", wantErr: tableau.ScopeContent},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := warehouse()
				site.Metadata = tc.settings
				client := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: site}).Tableau())
				_, err := client.Lineage(t.Context(), bothNames, rest.Waiting)
				for _, err := range []error{client.CheckMetadata(t.Context()), err} {
					refused, ok := errors.AsType[*tableau.MetadataRefusedError](err)
					if ok != (tc.code != "") || ok && refused.Code != tc.code {
						t.Errorf("error %#v, want a refusal with code %q", err, tc.code)
					}
					if (err == nil) != (tc.wantErr == "") || !strings.Contains(errorText(err), tc.wantErr) {
						t.Errorf("error %v, want %q", err, tc.wantErr)
					}
				}
			})
		})
	}
}

// TestLineage_limit: an answer that is cut off for a single name is an error, and not a part of the truth.
func TestLineage_limit(t *testing.T) {
	t.Parallel()

	for _, settings := range []sandbox.Metadata{{NodeLimit: 2}, {TimeLimit: 2}} {
		t.Run(fmt.Sprintf("%+v", settings), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := warehouse()
				site.Metadata = settings
				client := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: site}).Tableau())
				lineage, err := client.Lineage(t.Context(), bothNames, rest.Waiting)
				if _, ok := errors.AsType[*tableau.MetadataLimitError](err); !ok {
					t.Errorf("error %v, want one of a limit", err)
				}
				if diff := cmp.Diff(tableau.Lineage{}, lineage); diff != "" {
					t.Errorf("lineage beside an error (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCheckMetadata_limit: it answers, which is all that is asked.
func TestCheckMetadata_limit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cut := respond(200, `{"data":{"page":{"nodes":[]}},"errors":[{"message":"Too much.","extensions":{"code":"NODE_LIMIT_EXCEEDED","severity":"WARNING"}}]}`)
		if err := signedIn(t, &site{handler: cut}).CheckMetadata(t.Context()); err != nil {
			t.Errorf("CheckMetadata() = %v, want none", err)
		}
	})
}

// TestLineage_answers: what else can be beside a page, or in its place.
func TestLineage_answers(t *testing.T) {
	t.Parallel()

	const page = `"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":false}}}`
	cases := []struct {
		name     string
		handler  http.HandlerFunc
		wantErr  string
		warnings []string
		// queries is how often it is asked for less; 0 does not look.
		queries int
	}{
		{name: "warning", handler: respond(200, `{`+page+`,"errors":[{"message":"It rains.","extensions":{"code":"RAIN","severity":"WARNING"}}]}`), warnings: []string{"It rains."}},
		{
			name: "severe_only_in_name", handler: respond(200, `{`+page+`,"errors":[{"message":"Still learning.","extensions":{"code":"BACKFILL_RUNNING","severity":"ERROR"}}]}`),
			warnings: []string{"Still learning."},
		},
		{name: "error_beside_a_page", handler: respond(200, `{`+page+`,"errors":[{"message":"It burns.","extensions":{"code":"FIRE","severity":"ERROR"}}]}`), wantErr: "failed to ask what reads the tables: the Metadata API says: It burns."},
		{name: "severe_without_a_code", handler: respond(200, `{`+page+`,"errors":[{"message":"It burns.","extensions":{"severity":"ERROR"}}]}`), wantErr: "failed to ask what reads the tables: the Metadata API says: It burns."},
		{name: "warning_without_a_page", handler: respond(200, `{"data":null,"errors":[{"message":"It rains.","extensions":{"code":"RAIN","severity":"WARNING"}}]}`), wantErr: "the Metadata API says: It rains."},
		{name: "no_such_field", handler: respond(200, `{"errors":[{"message":"Cannot query field."}]}`), wantErr: "the Metadata API says: Cannot query field."},
		{name: "nothing", handler: respond(200, `{}`), wantErr: "it has no data"},
		{name: "null", handler: respond(200, `{"data":{"page":null}}`), wantErr: "it has no data"},
		{name: "empty", handler: respond(200, ``), wantErr: "failed to ask what reads the tables"},
		{name: "no_cursor", handler: respond(200, `{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true}}}}`), wantErr: "there is more, and not where"},
		{name: "same_cursor", handler: respond(200, `{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}`), wantErr: "there is more, and not where"},
		{name: "circling_cursors", handler: circling, wantErr: "there is more, and not where", queries: 3},
		{name: "null_nodes", handler: respond(200, `{"data":{"page":{"nodes":null,"pageInfo":{"hasNextPage":false}}}}`), wantErr: "it has no data"},
		{name: "too_old", handler: respond(404, ``), wantErr: "Tableau Server 2019.3 or newer"},
		{name: "too_long", handler: respond(200, `{"data":`+strings.Repeat(" ", 11<<20)+`{}}`), wantErr: "is cut off even for a single name", queries: 7},
		{name: "forbidden", handler: respond(403, `no`), wantErr: "403 Forbidden: no"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := &site{handler: tc.handler}
				lineage, err := signedIn(t, box).Lineage(t.Context(), []string{"ORDERS"}, rest.Waiting)
				if _, requests := box.seen(); tc.queries > 0 && len(requests) != tc.queries {
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

// circling leads from one page to another one and back.
func circling(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	next := "x"
	if strings.Contains(string(body), `"after":"x"`) {
		next = "y"
	}
	respond(200, fmt.Sprintf(`{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":%q}}}}`, next))(w, r)
}

// TestLineage_recordedLimit: the end of the time as Tableau told it once, with neither a code nor a severity.
func TestLineage_recordedLimit(t *testing.T) {
	t.Parallel()

	var recorded struct{ Errors json.RawMessage }
	if err := json.Unmarshal([]byte(fixture(t, "metadata_query_error.json")), &recorded); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		body := fmt.Sprintf(`{"data":{"page":{"nodes":[{"id":"a","name":"ORDERS"}],"pageInfo":{"hasNextPage":false}}},"errors":%s}`, recorded.Errors)
		_, err := signedIn(t, &site{handler: respond(200, body)}).Lineage(t.Context(), bothNames, rest.Waiting)
		limit, ok := errors.AsType[*tableau.MetadataLimitError](err)
		if !ok || !strings.Contains(limit.Error(), "Reached time limit") {
			t.Errorf("error %v, want one of the limit, in Tableau's words", err)
		}
	})
}

// TestLineage_session: a session that ends in between is renewed, and a service that is away is waited for.
func TestLineage_session(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &site{}
		asked := 0
		box.handler = func(w http.ResponseWriter, r *http.Request) {
			asked++
			switch asked {
			case 1:
				box.end()
				respond(200, `{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}`)(w, r)
			case 2:
				respond(503, `down`)(w, r)
			default:
				respond(200, `{"data":{"page":{"nodes":[{"id":"a","name":"ORDERS"}],"pageInfo":{"hasNextPage":false}}}}`)(w, r)
			}
		}
		lineage, err := signedIn(t, box).Lineage(t.Context(), []string{"ORDERS"}, rest.Waiting)
		if diff := cmp.Diff([]tableau.DatabaseTable{{ID: "a", Name: "ORDERS"}}, lineage.Tables); diff != "" || err != nil {
			t.Errorf("error %v, tables (-want +got):\n%s", err, diff)
		}
		if signIns, _ := box.seen(); signIns != 2 {
			t.Errorf("%d sign-ins, want 2", signIns)
		}
	})
}

// TestLineage_scope: what a connected app lacks is named.
func TestLineage_scope(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		denied := refuse(http.StatusUnauthorized, "401002", "Unauthorized Access", "Invalid authentication credentials were provided.")
		client := signedIn(t, &site{handler: denied}, func(o *tableau.Options) {
			o.Credentials = tableau.Credentials{
				App:      tableau.ConnectedApp{ClientID: "c", SecretID: "s", SecretValue: "a secret of thirty-two characters", Scopes: []string{tableau.ScopeRun}},
				Username: "jane",
			}
		})
		err := client.CheckMetadata(t.Context())
		if session, ok := errors.AsType[*tableau.SessionError](err); !ok || session.Scope != tableau.ScopeContent {
			t.Errorf("error %v, want one of a session without the scope %s", err, tableau.ScopeContent)
		}
		if _, ok := errors.AsType[*rest.StatusError](err); !ok {
			t.Errorf("error %v does not keep Tableau's answer", err)
		}
	})
}
