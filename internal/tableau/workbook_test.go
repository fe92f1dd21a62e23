package tableau_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// TestWorkbookDatasources covers responses with data, and those with errors, which have status 200 and can have a part of the
// data.
func TestWorkbookDatasources(t *testing.T) {
	t.Parallel()

	const workbook = `{"luid":"` + luid + `","upstreamDatasources":[{"luid":"D","name":"Orders","hasExtracts":true,"projectName":"Data"}],"embeddedDatasources":[{"hasExtracts":false}]}`
	cases := []struct {
		name    string
		handler http.HandlerFunc
		want    map[string]tableau.WorkbookDatasources
		wantErr string
	}{
		{
			name: "found", handler: respond(200, `{"data":{"workbooks":[`+workbook+`]}}`),
			want: map[string]tableau.WorkbookDatasources{luid: {
				WorkbookLUID: luid, Published: []tableau.UpstreamDatasource{{LUID: "D", Name: "Orders", HasExtracts: tableau.BoolTrue, ProjectName: "Data"}}, Embedded: []tableau.UpstreamDatasource{{HasExtracts: tableau.BoolFalse}},
			}},
		},
		{name: "not_found", handler: respond(200, `{"data":{"workbooks":[]}}`), want: map[string]tableau.WorkbookDatasources{}},
		{name: "disabled", handler: respond(200, `{"data":null,"errors":[{"message":"It is disabled.","extensions":{"code":"FEATURE_DISABLED","severity":"ERROR"}}]}`), wantErr: "the Metadata API reported: It is disabled"},
		{name: "partial", handler: respond(200, `{"data":{"workbooks":[`+workbook+`]},"errors":[{"message":"Time is over."},{"message":"Time is over."}]}`), wantErr: "the Metadata API reported: Time is over"},
		{name: "not_json", handler: respond(200, `<html>`), wantErr: "failed to query the data sources of the workbooks"},
		{name: "no_metadata_api", handler: respond(404, ``), wantErr: "404 Not Found"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, _, err := signedIn(t, &fakeSite{handler: tc.handler}).WorkbookDatasources(t.Context(), []string{luid})
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("WorkbookDatasources() (-want +got):\n%s", diff)
				}
				if (err == nil) != (tc.wantErr == "") || !strings.Contains(errorText(err), tc.wantErr) {
					t.Errorf("error %v, want %q", err, tc.wantErr)
				}
			})
		})
	}
}

// TestWorkbookDatasources_batches checks that queries are split into batches, and that a session that ends is renewed between
// them.
func TestWorkbookDatasources_batches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &fakeSite{}
		site.handler = func(w http.ResponseWriter, r *http.Request) {
			site.endSession()
			respond(200, `{"data":{"workbooks":[]}}`)(w, r)
		}
		client := signedIn(t, site)
		var luids []string
		for i := range 201 {
			luids = append(luids, fmt.Sprint(i))
		}
		// Each response ends the session. It is renewed once; the second time is too soon after the renewal.
		_, _, err := client.WorkbookDatasources(t.Context(), luids)
		if _, ok := errors.AsType[*tableau.SessionError](err); !ok {
			t.Errorf("error %v, want a SessionError", err)
		}
		signIns, requests := site.recorded()
		if diff := cmp.Diff([]string{"POST /api/metadata/graphql", "POST /api/metadata/graphql"}, requests); diff != "" || signIns != 2 {
			t.Errorf("%d sign-ins, requests (-want +got):\n%s", signIns, diff)
		}
	})
}

// TestPublishedDatasourceNames checks that other connections are ignored, and that there are no duplicates.
func TestPublishedDatasourceNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := signedIn(t, &fakeSite{handler: respondXML(`<connections>
			<connection id="1" type="sqlproxy"><datasource id="x" name="Orders"/></connection>
			<connection id="2" type="snowflake"><datasource id="y" name="Own"/></connection>
			<connection id="3" type="sqlproxy"><datasource id="z" name="Orders"/></connection>
			<connection id="4" type="sqlproxy"><datasource id="z" name="Kunden &amp; mehr"/></connection>
		</connections>`)})
		connections, err := client.Catalog(rest.Preflight).Connections(t.Context(), luid)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Orders", "Kunden & mehr"}, tableau.PublishedDatasourceNames(connections)); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}
