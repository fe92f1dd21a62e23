// Package rest is the HTTP client of both services, and the only package that retries requests.
//
// It takes a [Request], which states for how long it may be retried and whether it may take effect twice. It returns the
// header of the response, or an error that distinguishes a refusal, an outage, and an unknown outcome. It must never repeat
// a request with Once that the service may have received, never send credentials to another host, and never depend on what
// dbt or Tableau mean by a response. Its callers must not retry.
package rest
