package action

import (
	"net/url"
	"strings"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/pipeline"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// connect returns a client of dbt, unless it ran in an earlier step, and one of Tableau, if it is configured. It sends no request.
func (o *clientOptions) connect(c *config.Config, observer progress.Observer) (pipeline.Services, error) {
	var services pipeline.Services
	options := o.restOptions(c, observer, c.DBT.URL)
	var err error
	if len(c.DBT.TargetPaths) == 0 {
		services.DBT, err = dbt.New(options, string(c.DBT.Token), c.DBT.AccountID)
	}
	if err != nil || c.Tableau == nil {
		return services, err
	}
	options.Base, options.AllowHTTP = c.Tableau.URL, c.Tableau.AllowHTTP
	var version tableau.Version
	if c.Tableau.APIVersion != "" {
		version, _ = tableau.ParseVersion(c.Tableau.APIVersion) // config has checked it
	}
	services.Tableau, err = tableau.New(tableau.Options{
		REST:        options,
		Site:        c.Tableau.Site,
		Credentials: credentials(c),
		Version:     version,
		OnSecret:    func(secret string) { observer.Observe(progress.SecretCreated{Value: secret}) },
	})
	return services, err
}

func credentials(c *config.Config) tableau.Credentials {
	s := c.Tableau.SignIn
	return tableau.Credentials{
		TokenName: s.TokenName, TokenValue: string(s.TokenValue),
		Username: s.Username, Password: string(s.Password),
		App: tableau.ConnectedApp{
			ClientID: s.ClientID, SecretID: s.SecretID, SecretValue: string(s.SecretValue), Scopes: scopes(c), TaskScopes: taskScopes(c),
		},
	}
}

// scopes returns the scopes of a connected app.
func scopes(c *config.Config) []string {
	t := c.Tableau
	scopes := []string{tableau.ScopeContent}
	if !c.DryRun {
		scopes = append(scopes, tableau.ScopeRun)
	}
	if t.MayWait() && !c.DryRun {
		scopes = append(scopes, tableau.ScopeJobs)
	}
	if len(t.Tasks)+len(t.Schedules) > 0 {
		scopes = append(scopes, tableau.ScopeTasks)
	}
	if len(t.Flows) > 0 {
		scopes = append(scopes, tableau.ScopeFlows)
	}
	return scopes
}

// taskScopes returns the additional scopes for a version of Tableau that starts incremental refreshes only with tasks.
func taskScopes(c *config.Config) []string {
	if t := c.Tableau; t.Incremental && len(t.Tasks)+len(t.Schedules) == 0 {
		return []string{tableau.ScopeTasks}
	}
	return nil
}

func (o *clientOptions) restOptions(c *config.Config, observer progress.Observer, base *url.URL) rest.Options {
	return rest.Options{
		Base:           base,
		UserAgent:      o.userAgent,
		CertificatePEM: c.CACertificate,
		Jitter:         o.jitter,
		Dial:           o.dial,
		OnNote:         func(text string) { observer.Observe(progress.Noted{Text: text}) },
		OnExchange: func(e rest.Exchange) {
			observer.Observe(progress.RequestMade{
				Service: e.Service, Method: e.Method, URL: e.URL, Status: e.Status, Err: e.Err, Duration: e.Duration, RequestID: e.RequestID,
			})
		},
		OnRetry: func(a rest.Attempt) {
			observer.Observe(progress.AttemptFailed{Service: a.Service, Operation: a.Operation, Err: a.Err, Wait: a.Wait})
		},
	}
}

// version is set by the linker for a release: -X dbt-tableau-refresh/internal/action.version=v1.2.3.
var version = "devel"

// versionWithRef returns the version. Unless that is a release, it adds the branch, tag, or commit of the action in the workflow,
// without characters that an HTTP header can't contain.
func versionWithRef(version string, getenv func(string) string) string {
	ref := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._/-", r):
			return r
		}
		return '-'
	}, getenv("GITHUB_ACTION_REF"))
	if version != "devel" || ref == "" {
		return version
	}
	return version + " (" + ref[:min(len(ref), 80)] + ")"
}
