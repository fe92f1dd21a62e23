package dbt_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
)

func TestExplainAccount(t *testing.T) {
	t.Parallel()

	const (
		accounts = `{"status":{"code":200},"data":[{"id":1,"name":"Acme"},{"id":23,"name":"Acme \"EU\""}]}`
		own      = `{"status":{"code":200},"data":[{"id":1,"name":"Acme"},{"id":123456,"name":"Own"}]}`
		none     = `{"status":{"code":200},"data":[]}`
	)
	wantListed := `check dbt-account-id: dbt-token is valid, but it can't access account 123456. It can access 1 ("Acme"), 23 ("Acme \"EU\""). Error: `
	rejected := func(status int) error { return &rest.StatusError{Operation: "get it", Status: status} }
	cases := []struct {
		name   string
		err    error
		status int
		body   string
		want   string // precedes err
		listed bool
	}{
		{name: "not_found", err: rejected(404), status: 200, body: accounts, want: wantListed, listed: true},
		{name: "forbidden", err: rejected(403), status: 200, body: accounts, want: wantListed, listed: true},
		{name: "unauthorized", err: rejected(401), status: 200, body: accounts, want: wantListed, listed: true},
		{name: "account_is_right", err: rejected(404), status: 200, body: own, listed: true},
		{name: "no_accounts", err: rejected(404), status: 200, body: none, listed: true},
		{name: "token_is_wrong", err: rejected(401), status: 401, body: `{}`, listed: true},
		{name: "bad_request", err: rejected(400), status: 200, body: accounts},
		{name: "other_error", err: errors.New("no connection"), status: 200, body: accounts},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				path := ""
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					path = r.URL.Path
					respond(tc.status, tc.body)(w, r)
				}))
				err := client.ExplainAccount(t.Context(), tc.err)
				if diff := cmp.Diff(tc.want+tc.err.Error(), err.Error()); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				if !errors.Is(err, tc.err) {
					t.Error("the error does not wrap the cause")
				}
				if got := path == "/api/v2/accounts/"; got != tc.listed {
					t.Errorf("request for %q, want one for the accounts: %t", path, tc.listed)
				}
			})
		})
	}
	if err := newClient(t, respond(200, accounts)).ExplainAccount(t.Context(), nil); err != nil {
		t.Errorf("error %v without a cause, want none", err)
	}
}
