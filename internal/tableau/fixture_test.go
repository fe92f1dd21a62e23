package tableau_test

import (
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

func TestFixtures_signIn(t *testing.T) {
	t.Parallel()

	cases := []struct {
		file   string
		status int
		token  string
		path   string
		err    string
	}{
		{
			file: "auth_sign_in.xml", status: 200, token: "eIX6mvFsqyansa4KqEI1UwOpS8ggRs2l",
			path: "/api/3.25/sites/6b7179ba-b82b-4f0f-91ed-812074ac5da6/jobs/j",
		},
		{
			file: "auth_sign_in_impersonate.xml", status: 200, token: "MJonFA6HDyy2C3oqR13fRGqE6cmgzwq3",
			path: "/api/3.25/sites/dad65087-b08b-4603-af4e-2887b8aafc67/jobs/j",
		},
		{
			file: "auth_sign_in_error.xml", status: 401,
			err: "failed to sign in to Tableau: Tableau returned 401 Unauthorized (code 401001): Signin Error: Error signing in to Tableau Server. " +
				"Check tableau-token-name and tableau-token-value. A token expires after 15 days without use. " +
				`A wrong tableau-site gives the same error: "Samples" must be the part after /site/ in a page URL, not the display name`,
		},
	}
	for _, tc := range cases {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, tc.file)
			synctest.Test(t, func(t *testing.T) {
				var token, path string
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPost {
						respond(tc.status, body)(w, r)
						return
					}
					token, path = r.Header.Get("X-Tableau-Auth"), r.RequestURI
					respondXML(`<job id="j"/>`)(w, r)
				}))
				err := client.SignIn(t.Context())
				if diff := cmp.Diff(tc.err, errorText(err)); diff != "" {
					t.Errorf("SignIn() (-want +got):\n%s", diff)
				}
				if err != nil {
					return
				}
				if _, err := client.Job(t.Context(), "j", time.Time{}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{tc.token, tc.path}, []string{token, path}); diff != "" {
					t.Errorf("token and path (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestFixtures_serverInfo(t *testing.T) {
	t.Parallel()

	const notTableau = "failed to get the Tableau version: 127.0.0.1:80 did not return a valid Tableau response: "
	cases := []struct {
		file   string
		status int
		want   tableau.ServerInfo
		err    string
	}{
		{file: "server_info_get.xml", status: 200, want: tableau.ServerInfo{ProductVersion: "10.1.0", APIVersion: "3.10"}},
		{file: "server_info_25.xml", status: 200, want: tableau.ServerInfo{ProductVersion: "10.1.0", APIVersion: "2.5"}},
		{
			file: "server_info_404.xml", status: 404,
			err: "failed to get the Tableau version: Tableau returned 404 Not Found (code 404003): Resource Not Found: " +
				"Unknown resource '/2.4/serverInfo' specified in URI. " +
				"Upgrade Tableau Server, because this server is too old: personal access tokens require 2019.4 or later",
		},
		{file: "server_info_auth_info.xml", status: 200, err: notTableau + `failed to decode: the root element is "authinfo" instead of tsResponse. Check tableau-url: it should be the URL of Tableau itself, such as https://10ay.online.tableau.com`},
		{
			file: "server_info_wrong_site.html", status: 200,
			err: notTableau + "received a web page (Example website). Check tableau-url: it should be the URL of Tableau itself, such as https://10ay.online.tableau.com",
		},
	}
	for _, tc := range cases {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, tc.file)
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, respond(tc.status, body), func(o *tableau.Options) { o.Version = tableau.Version{} })
				got, err := client.ServerInfo(t.Context())
				if diff := cmp.Diff(tc.err, errorText(err)); diff != "" {
					t.Errorf("ServerInfo() (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("ServerInfo() (-want +got):\n%s", diff)
				}
				if err == nil && client.Version().String() != tc.want.APIVersion {
					t.Errorf("Version() = %v, want the server's own %s", client.Version(), tc.want.APIVersion)
				}
			})
		})
	}
}

var (
	listTag    = regexp.MustCompile(`</?(ns0:)?(workbooks|datasources)>`)
	otherItems = regexp.MustCompile(`(?s)(</(?:ns0:)?(?:workbook|datasource)>).*(</(?:ns0:)?tsResponse>)`)
)

// firstItem turns a recorded list into the response for its first item.
func firstItem(list string) string {
	return otherItems.ReplaceAllString(listTag.ReplaceAllString(list, ""), "$1$2")
}

func unchanged(response string) string { return response }

func TestFixtures_item(t *testing.T) {
	t.Parallel()

	const project, samples = "ee8c6e70-43b6-11e6-af4f-f7b0d8e20760", "669ca36b-492e-4ccf-bca1-3614fe6a9d7a"
	type summary struct {
		Kind                   content.Type
		ID, Name, URL, Extract string
		Project, ProjectName   string
	}
	cases := []struct {
		file string
		edit func(string) string
		want summary
	}{
		{
			"workbook_get_by_id.xml", unchanged,
			summary{content.Workbook, luid, "SafariSample", "http://tableauserver/#/workbooks/2/views", "unknown", project, "default"},
		},
		{
			"workbook_get_by_id_acceleration_status.xml", unchanged,
			summary{content.Workbook, luid, "SafariSample", "http://tableauserver/#/workbooks/2/views", "unknown", project, "default"},
		},
		{
			"workbook_get_by_id_personal.xml", unchanged,
			summary{content.Workbook, "3cc6cd06-89ce-4fdc-b935-5294135d6d43", "SafariSample", "http://tableauserver/#/workbooks/2/views", "unknown", "", ""},
		},
		{
			"workbook_get_invalid_date.xml", firstItem,
			summary{content.Workbook, "6d13b0ca-043d-4d42-8c9d-3f3313ea3a00", "Superstore", "", "unknown", project, "default"},
		},
		{
			"workbook_get_all_fields.xml", firstItem,
			summary{content.Workbook, "9df3e2d1-070e-497a-9578-8cc557ced9df", "Superstore", "https://10ax.online.tableau.com/#/site/exampledev/workbooks/265605", "false", samples, "Samples"},
		},
		{
			"datasource_get_by_id.xml", unchanged,
			summary{content.Datasource, "9dbd2263-16b5-46e1-9c43-a76bb8ab65fb", "Sample datasource", "", "unknown", project, "default"},
		},
		{
			"datasource_get_all_fields.xml", firstItem,
			summary{content.Datasource, "a71cdd15-3a23-4ec1-b3ce-9956f5e00bb7", "Superstore Datasource", "https://10ax.online.tableau.com/#/site/example/datasources/3566752", "false", samples, "Samples"},
		},
		{
			"datasource_get_no_owner.xml", firstItem,
			summary{content.Datasource, "e76a1461-3b1d-4588-bf1b-17551a879ad9", "SampleDS", "https://web.com", "true", "", ""},
		},
	}
	for _, tc := range cases {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			body := tc.edit(fixture(t, tc.file))
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: respond(http.StatusOK, body)}
				item, err := signedIn(t, s).Item(t.Context(), tc.want.Kind, tc.want.ID, rest.Preflight)
				if err != nil {
					t.Fatal(err)
				}
				got := summary{item.Type, item.ID, item.Name, item.URL, boolText(item.HasExtracts), item.Project.ID, item.Project.Name}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("Item() (-want +got):\n%s", diff)
				}
				_, requests := s.recorded()
				if diff := cmp.Diff([]string{"GET /api/3.25/sites/site-luid/" + string(tc.want.Kind) + "s/" + tc.want.ID}, requests); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func boolText(b tableau.OptionalBool) string {
	return [...]string{"unknown", "true", "false"}[b]
}

// TestFixtures_unexpectedResponse checks that a response without the requested element is an error.
func TestFixtures_unexpectedResponse(t *testing.T) {
	t.Parallel()

	for _, file := range []string{"workbook_get_empty.xml", "workbook_get.xml", "auth_sign_in.xml", "job_get_by_id.xml"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, file)
			synctest.Test(t, func(t *testing.T) {
				_, err := signedIn(t, &fakeSite{handler: respond(http.StatusOK, body)}).Item(t.Context(), content.Workbook, luid, rest.Preflight)
				want := "failed to get workbook " + luid + ": 127.0.0.1:80 did not return a valid Tableau response: a required value is missing or invalid"
				if diff := cmp.Diff(want, errorText(err)); diff != "" {
					t.Errorf("Item() (-want +got):\n%s", diff)
				}
			})
		})
	}
}
