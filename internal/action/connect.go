package action

import (
	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/pipeline"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// connect makes the clients. It sends nothing.
func (w *world) connect(c *config.Config, observer pipeline.Observer) (pipeline.Services, error) {
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
		Credentials: tableau.Credentials{TokenName: c.Tableau.SignIn.TokenName, TokenValue: string(c.Tableau.SignIn.TokenValue)},
		Version:     version,
		Minted:      func(secret string) { observer.Observe(pipeline.SecretMinted{Value: secret}) },
	})
	return services, err
}

func apiVersion(text string) (tableau.Version, error) {
	if text == "" {
		return tableau.Version{}, nil
	}
	return tableau.ParseVersion(text)
}

func (w *world) options(c *config.Config, observer pipeline.Observer) rest.Options {
	return rest.Options{
		UserAgent:      userAgent(),
		CertificatePEM: c.CACertificate,
		Jitter:         w.jitter,
		Dial:           w.dial,
		OnRetry: func(a rest.Attempt) {
			observer.Observe(pipeline.AttemptFailed{Service: a.Service, Operation: a.Operation, Err: a.Err, Wait: a.Wait})
		},
	}
}
