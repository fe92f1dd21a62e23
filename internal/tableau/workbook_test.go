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

// TestReads: errors come with status 200, beside a part of the data or none.
func TestReads(t *testing.T) {
	t.Parallel()

	const book = `{"luid":"` + luid + `","upstreamDatasources":[{"luid":"D","name":"Orders","hasExtracts":true,"projectName":"Data"}],"embeddedDatasources":[{"hasExtracts":false}]}`
	cases := []struct {
		name    string
		handler http.HandlerFunc
		want    map[string]tableau.WorkbookDatasources
		wantErr string
		codes   []string
	}{
		{
			name: "known", handler: respond(200, `{"data":{"workbooks":[`+book+`]}}`),
			want: map[string]tableau.WorkbookDatasources{luid: {
				WorkbookLUID: luid, Published: []tableau.UpstreamDatasource{{LUID: "D", Name: "Orders", HasExtracts: tableau.BoolTrue, ProjectName: "Data"}}, Embedded: []tableau.UpstreamDatasource{{HasExtracts: tableau.BoolFalse}},
			}},
		},
		{name: "not_known", handler: respond(200, `{"data":{"workbooks":[]}}`), want: map[string]tableau.WorkbookDatasources{}},
		{name: "off", handler: respond(200, `{"data":null,"errors":[{"message":"It is off.","extensions":{"code":"FEATURE_DISABLED","severity":"ERROR"}}]}`), wantErr: "the Metadata API says: It is off.", codes: []string{"FEATURE_DISABLED"}},
		{name: "a_part", handler: respond(200, `{"data":{"workbooks":[`+book+`]},"errors":[{"message":"Time is over."},{"message":"Time is over."}]}`), wantErr: "the Metadata API says: Time is over.", codes: []string{"", ""}},
		{name: "no_json", handler: respond(200, `<html>`), wantErr: "failed to ask what the workbooks read"},
		{name: "not_there", handler: respond(404, ``), wantErr: "404 Not Found"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, _, err := signedIn(t, &site{handler: tc.handler}).WorkbookDatasources(t.Context(), []string{luid})
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("reads (-want +got):\n%s", diff)
				}
				if (err == nil) != (tc.wantErr == "") || !strings.Contains(errorText(err), tc.wantErr) {
					t.Errorf("error %v, want %q", err, tc.wantErr)
				}
				if told, ok := errors.AsType[*tableau.MetadataError](err); ok != (tc.codes != nil) || ok && !cmp.Equal(told.Codes, tc.codes) {
					t.Errorf("error %#v, want one of the Metadata API with codes %q", err, tc.codes)
				}
			})
		})
	}
}

// TestReads_batches: a query stays within the node limit, and a session that ends is renewed in between.
func TestReads_batches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &site{}
		site.handler = func(w http.ResponseWriter, r *http.Request) {
			site.end()
			respond(200, `{"data":{"workbooks":[]}}`)(w, r)
		}
		client := signedIn(t, site)
		var luids []string
		for i := range 201 {
			luids = append(luids, fmt.Sprint(i))
		}
		// Each answer ends the session: the first time it is renewed, the second time is too soon after.
		_, _, err := client.WorkbookDatasources(t.Context(), luids)
		if _, ok := errors.AsType[*tableau.SessionError](err); !ok {
			t.Errorf("error %v, want one of the session", err)
		}
		signIns, requests := site.seen()
		if diff := cmp.Diff([]string{"POST /api/metadata/graphql", "POST /api/metadata/graphql"}, requests); diff != "" || signIns != 2 {
			t.Errorf("%d sign-ins, requests (-want +got):\n%s", signIns, diff)
		}
	})
}

// TestPublishedNames: only the connections to published data sources, and each name once.
func TestPublishedNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := signedIn(t, &site{handler: answer(`<connections>
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
