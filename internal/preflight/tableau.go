package preflight

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
)

// TableauCheck is the result of [Tableau].
type TableauCheck struct {
	Site progress.Site
	// Selection is what to refresh. If Err is not nil, it is what the inputs list, as written there.
	Selection selection.Selection
	// Err concerns all of Tableau. What concerns one target is a problem of the selection.
	Err error
	// ScheduleNote returns which items Tableau also refreshes on its own schedule; see [selection.Resolver.ScheduleNote]. It is
	// nil if Err is not.
	ScheduleNote func(context.Context) string
	// DiscoveryErr is why lineage will not work after dbt; nil if it will, or is not needed.
	DiscoveryErr error
}

// Problems returns everything that is wrong; nil if nothing is.
func (c TableauCheck) Problems() error { return errors.Join(c.Err, c.DiscoveryErr, c.Selection.Err()) }

// Tableau signs in and resolves everything that the inputs select.
func Tableau(ctx context.Context, client *tableau.Client, c *config.Tableau) TableauCheck {
	check := TableauCheck{Site: progress.Site{Host: c.URL.Host, ContentURL: c.Site}}
	resolver := selection.New(c, client, rest.Preflight)
	if check.Err = signIn(ctx, client, c, &check.Site); check.Err == nil {
		check.Selection, check.Err = resolver.Resolve(ctx)
	}
	if check.Err != nil {
		check.Selection = selection.Unresolved(c)
		return check
	}
	resolved := check.Selection
	resolved.Entries = slices.Clone(resolved.Entries) // a copy: the refreshes change the rows while the list of tasks is read
	check.ScheduleNote = func(ctx context.Context) string { return resolver.ScheduleNote(ctx, resolved) }
	if c.Discover.Lineage {
		if err := client.CheckMetadata(ctx); err != nil {
			check.DiscoveryErr = fmt.Errorf("tableau-discover: lineage: %w", err)
		}
	}
	return check
}

func signIn(ctx context.Context, client *tableau.Client, c *config.Tableau, site *progress.Site) error {
	server, err := client.ServerInfo(ctx)
	if err != nil {
		return err
	}
	site.Product, site.API = server.ProductVersion, client.Version().String()
	if err := checkVersion(c, client.Version()); err != nil {
		return fmt.Errorf("%w; REST API is %s", err, client.Version())
	}
	return client.SignIn(ctx)
}

// checkVersion returns an error if the sign-in method requires a newer version.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm
func checkVersion(c *config.Tableau, version tableau.Version) error {
	isApp := c.SignIn.Kind == config.SignInConnectedApp
	switch {
	case c.SignIn.Kind == config.SignInToken && !version.AtLeast(3, 6):
		return errors.New("use another sign-in method, because this server is too old: personal access tokens need REST API 3.6 (Tableau 2019.4)")
	case isApp && !version.AtLeast(3, 17):
		return errors.New("use another sign-in method, because this server is too old: connected apps need REST API 3.17 (Tableau 2022.3)")
	case isApp && c.MayWait() && !version.AtLeast(3, 25):
		return errAppCantWait
	}
	return nil
}

var errAppCantWait = errors.New("a connected app can't query refresh jobs before REST API 3.25. Sign in with a personal " +
	"access token, do not wait (tableau-wait: false, and neither tableau-include-datasources nor lineage), or upgrade to " +
	"Tableau 2025.1")
