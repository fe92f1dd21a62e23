package pipeline

import (
	"context"
	"errors"
	"fmt"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selection"
)

// tableauCheck is what the Tableau half of the preflight found.
type tableauCheck struct {
	site      *progress.Site
	selection selection.Selection
	// err concerns all of Tableau; what concerns one selector is among the selection's problems.
	err error
	// blind is why nothing could be discovered; nil also when nothing is to be.
	blind error
}

func (c tableauCheck) problem() error { return errors.Join(c.err, c.blind, c.selection.Err()) }

func (s *story) checkTableau(ctx context.Context) tableauCheck {
	check := tableauCheck{site: &progress.Site{Host: s.config.Tableau.URL.Host, ContentURL: s.config.Tableau.Site}}
	if check.err = s.enterTableau(ctx, check.site); check.err == nil {
		check.selection, check.err = selection.New(s.config.Tableau, s.tableau, rest.Preflight).Resolve(ctx)
	}
	if check.err != nil {
		check.selection = selection.Unresolved(s.config.Tableau)
		return check
	}
	check.blind = s.checkDiscovery(ctx)
	return check
}

func (s *story) enterTableau(ctx context.Context, site *progress.Site) error {
	server, err := s.tableau.Server(ctx)
	if err != nil {
		return err
	}
	site.Product, site.API = server.Product, s.tableau.Version().String()
	if err := s.checkVersion(); err != nil {
		return err
	}
	return s.tableau.SignIn(ctx)
}

// checkVersion finds what the server is too old for.
func (s *story) checkVersion() error {
	c := s.config.Tableau
	if c.SignIn.Kind == config.SignInConnectedApp && c.MayWait() && !s.tableau.Version().AtLeast(3, 25) {
		return fmt.Errorf("%w; REST API is %s", errAppCantWait, s.tableau.Version())
	}
	return nil
}

var errAppCantWait = errors.New("below REST API 3.25 a connected app may not ask how a refresh job is going: sign in with a personal " +
	"access token, wait for nothing (tableau-wait: false, and neither tableau-include-datasources nor lineage), or upgrade to " +
	"Tableau 2025.1")
