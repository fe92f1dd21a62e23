package action

import (
	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/pipeline"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// connect makes the clients. It sends nothing.
func (w *world) connect(c *config.Config, observer progress.Observer) (pipeline.Services, error) {
	var services pipeline.Services
	options := w.options(c, observer)
	options.Base = c.DBT.URL
	var err error
	if services.DBT, err = dbt.New(options, string(c.DBT.Token), c.DBT.AccountID); err != nil || c.Tableau == nil {
		return services, err
	}
	options.Base = c.Tableau.URL
	options.AllowHTTP = c.Tableau.AllowHTTP
	version, err := apiVersion(c.Tableau.APIVersion)
	if err != nil {
		return services, err
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
	in := c.Tableau.SignIn
	return tableau.Credentials{
		TokenName: in.TokenName, TokenValue: string(in.TokenValue),
		Username: in.Username, Password: string(in.Password),
		App: tableau.ConnectedApp{
			ClientID: in.ClientID, SecretID: in.SecretID, SecretValue: string(in.SecretValue), Scopes: scopes(c), TaskScopes: oldScopes(c),
		},
	}
}

// scopes are what the chosen work needs of a connected app, and no more.
func scopes(c *config.Config) []string {
	t := c.Tableau
	needed := []string{tableau.ScopeContent}
	if !c.DryRun {
		needed = append(needed, tableau.ScopeRun)
	}
	if t.MayWait() && !c.DryRun {
		needed = append(needed, tableau.ScopeJobs)
	}
	if len(t.Tasks)+len(t.Schedules) > 0 {
		needed = append(needed, tableau.ScopeTasks)
	}
	if len(t.Flows) > 0 {
		needed = append(needed, tableau.ScopeFlows)
	}
	return needed
}

// oldScopes are what is needed besides where no request can ask for an incremental refresh, and a task has to do.
func oldScopes(c *config.Config) []string {
	if t := c.Tableau; t.Incremental && len(t.Tasks)+len(t.Schedules) == 0 {
		return []string{tableau.ScopeTasks}
	}
	return nil
}

func apiVersion(text string) (tableau.Version, error) {
	if text == "" {
		return tableau.Version{}, nil
	}
	return tableau.ParseVersion(text)
}

func (w *world) options(c *config.Config, observer progress.Observer) rest.Options {
	return rest.Options{
		UserAgent:      w.agent,
		CertificatePEM: c.CACertificate,
		Jitter:         w.jitter,
		Dial:           w.dial,
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
