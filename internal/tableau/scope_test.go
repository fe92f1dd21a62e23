package tableau_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// TestSessionError_scope checks that the error contains the missing scope, for which Tableau responds as if the session had
// ended.
func TestSessionError_scope(t *testing.T) {
	t.Parallel()

	unauthorized := respondError(http.StatusUnauthorized, "401002", "Unauthorized Access", "Invalid authentication credentials were provided.")
	app := tableau.Credentials{
		App:      tableau.ConnectedApp{ClientID: "c", SecretID: "s", SecretValue: "a secret of thirty-two characters", Scopes: []string{tableau.ScopeJobs}},
		Username: "jane",
	}
	cases := []struct {
		name        string
		credentials tableau.Credentials
		request     func(context.Context, *tableau.Client) error
		want        string
	}{
		{"refresh", app, func(ctx context.Context, c *tableau.Client) error {
			_, err := c.Start(ctx, tableau.Target{Type: content.Workbook, ID: luid})
			return err
		}, tableau.ScopeRun},
		{"job", app, func(ctx context.Context, c *tableau.Client) error {
			_, err := c.Job(ctx, luid, utc(2026, 1, 1, 0, 0, 0).Time)
			return err
		}, tableau.ScopeJobs},
		{"task", app, func(ctx context.Context, c *tableau.Client) error {
			_, err := c.ExtractTask(ctx, luid)
			return err
		}, tableau.ScopeTasks},
		{"schedules", app, func(ctx context.Context, c *tableau.Client) error {
			_, err := c.Schedules(ctx)
			return err
		}, tableau.ScopeTasks},
		{"flow", app, func(ctx context.Context, c *tableau.Client) error {
			_, err := c.Item(ctx, content.Flow, luid, rest.Preflight)
			return err
		}, tableau.ScopeFlows},
		{"workbook", app, func(ctx context.Context, c *tableau.Client) error {
			_, err := c.Item(ctx, content.Workbook, luid, rest.Preflight)
			return err
		}, tableau.ScopeContent},
		{"metadata", app, func(ctx context.Context, c *tableau.Client) error {
			_, _, err := c.WorkbookDatasources(ctx, []string{luid})
			return err
		}, tableau.ScopeContent},
		{"token_without_scopes", tableau.Credentials{TokenName: "name", TokenValue: "value"}, func(ctx context.Context, c *tableau.Client) error {
			_, err := c.Item(ctx, content.Workbook, luid, rest.Preflight)
			return err
		}, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &fakeSite{handler: unauthorized}
				client := signedIn(t, site, func(o *tableau.Options) { o.Credentials = tc.credentials })
				err := tc.request(t.Context(), client)
				session, ok := errors.AsType[*tableau.SessionError](err)
				if !ok || !session.TokenInUse || session.Scope != tc.want {
					t.Errorf("error %v, want a SessionError with scope %q", err, tc.want)
				}
				if signIns, _ := site.recorded(); signIns != 2 {
					t.Errorf("%d sign-ins, want 2", signIns)
				}
			})
		})
	}
}

// TestExtractTasks_withoutScope checks the same for the list of tasks.
func TestExtractTasks_withoutScope(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &fakeSite{handler: respondXML(`<tasks/>`)}
		app := tableau.ConnectedApp{
			ClientID: "c", SecretID: "s", SecretValue: "a secret of thirty-two characters",
			Scopes: []string{tableau.ScopeRun}, TaskScopes: []string{tableau.ScopeTasks}, // only before 3.25
		}
		client := signedIn(t, site, func(o *tableau.Options) { o.Credentials = tableau.Credentials{App: app, Username: "jane"} })
		if tasks, err := client.ExtractTasks(t.Context(), rest.Preflight); err != nil || len(tasks) != 0 {
			t.Errorf("%d tasks, %v", len(tasks), err)
		}
		if _, requests := site.recorded(); len(requests) != 0 {
			t.Errorf("requests %v, want none", requests)
		}
	})
}

// TestActiveJob_withoutScope checks that a connected app without the scope does not request the list, because the rejection
// would look like the end of its session.
func TestActiveJob_withoutScope(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &fakeSite{handler: respondXML(``)}
		client := signedIn(t, site, func(o *tableau.Options) {
			o.Credentials = tableau.Credentials{
				App:      tableau.ConnectedApp{ClientID: "c", SecretID: "s", SecretValue: "a secret of thirty-two characters", Scopes: []string{tableau.ScopeRun}},
				Username: "jane",
			}
		})
		if _, err := client.ActiveJob(t.Context(), tableau.Target{Type: content.Workbook, ID: luid}); !errors.Is(err, tableau.ErrJobListDenied) {
			t.Errorf("error %v, want %v", err, tableau.ErrJobListDenied)
		}
		if _, requests := site.recorded(); len(requests) != 0 {
			t.Errorf("requests %v, want none", requests)
		}
	})
}
