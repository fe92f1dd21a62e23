package tableau

import (
	"context"
	"net/http"
	"slices"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
)

// Client sends requests to one site of Tableau Cloud or of a Tableau Server. It is safe for concurrent use after SignIn.
type Client struct {
	rest     *rest.Client
	version  Version
	session  session
	clock    clock
	jobItems jobItems
}

// Options are the address of Tableau, the site, and how to sign in.
type Options struct {
	REST rest.Options
	// Site is the content URL of the site; "" is the default site of a Tableau Server.
	Site        string
	Credentials Credentials
	// Version is the REST API version to use; zero selects the server's own version.
	Version Version
	// OnSecret is called with each session token and JWT before it is first sent. It may be nil.
	OnSecret func(secret string)
}

// New returns a client that is not signed in yet.
func New(options Options) (*Client, error) {
	options.REST.Service = "Tableau"
	options.REST.ParseError = parseError
	client, err := rest.New(options.REST)
	if err != nil {
		return nil, err
	}
	if options.OnSecret == nil {
		options.OnSecret = func(string) {}
	}
	return &Client{
		rest:    client,
		version: options.Version,
		session: session{host: selector.Host(options.REST.Base), site: options.Site, credentials: options.Credentials, onSecret: options.OnSecret},
	}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.rest.Close() }

// Version returns the REST API version in use. It is zero before ServerInfo, unless Options set it.
func (c *Client) Version() Version { return c.version }

// call sends a request to a path below the site, in the session.
func call[T any](ctx context.Context, c *Client, r rest.Request, path ...string) (T, error) {
	return callInSession[T](ctx, c, r, path, func(i identity) []string { return []string{"sites", i.siteLUID} })
}

// callServer sends a request to a path that all sites share, in the session.
func callServer[T any](ctx context.Context, c *Client, r rest.Request, path ...string) (T, error) {
	return callInSession[T](ctx, c, r, path, func(identity) []string { return nil })
}

func callInSession[T any](ctx context.Context, c *Client, r rest.Request, path []string, prefix func(identity) []string) (T, error) {
	r.RetryPages = r.Method != http.MethodPost || r.Once // not for the Metadata API, which does not exist on every server
	for {
		identity := c.session.current()
		r.Path = slices.Concat([]string{"api", c.version.String()}, prefix(identity), path)
		r.Header = http.Header{"X-Tableau-Auth": {identity.token}}
		response, err := send[T](ctx, c, r)
		if !hasStatus(err, http.StatusUnauthorized) || r.Retry == (rest.RetryTimes{}) {
			return response, err // a request that is not retried does not renew the session either
		}
		// A request that got 401 had no effect, so any request can be sent again.
		if err := c.renew(ctx, identity.token, requiredScope(r.Method, path), err); err != nil {
			return response, err
		}
	}
}

// requiredScope returns the scope that a connected app needs for a request.
func requiredScope(method string, path []string) string {
	switch {
	case method == http.MethodPost:
		return ScopeRun
	case path[0] == "jobs":
		return ScopeJobs
	case path[0] == "tasks" || path[0] == "schedules":
		return ScopeTasks
	case path[0] == collectionPath(content.Flow):
		return ScopeFlows
	}
	return ScopeContent
}

// send completes a request with what all requests share, and sends it. T is a struct of the expected children of tsResponse.
func send[T any](ctx context.Context, c *Client, r rest.Request) (T, error) {
	var response T
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Body != nil {
		r.ContentType = "text/xml"
	}
	r.Accept = "application/xml"
	r.Decode = func(body []byte) error {
		var attempt T // a response that breaks off must not leave its fields to the next attempt
		err := decode(body, &attempt)
		response = attempt
		return err
	}
	header, err := c.rest.Do(ctx, r)
	c.clock.set(header, err == nil)
	if err != nil {
		return response, c.withHint(err)
	}
	return response, nil
}
