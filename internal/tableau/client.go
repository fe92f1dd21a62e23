package tableau

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
)

// Client works on one site of one Tableau Server or of Tableau Cloud. It is safe for concurrent use after SignIn.
type Client struct {
	rest    *rest.Client
	version Version
	session session
	clock   clock
	worked  worked
}

// Options say where Tableau is and who signs in.
type Options struct {
	REST rest.Options
	// Site is the site's content URL; "" is the Default site of a Server.
	Site        string
	Credentials Credentials
	// Version is the REST API version to use; zero means the server's own.
	Version Version
	// Minted is told of each session token before it is used; nil is fine.
	OnSecret func(secret string)
}

// New makes a client that is not signed in.
func New(options Options) (*Client, error) {
	options.REST.Service = "Tableau"
	options.REST.ParseError = explain
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
		session: session{host: selector.Host(options.REST.Base), site: options.Site, credentials: options.Credentials, minted: options.OnSecret},
	}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.rest.Close() }

// Version is the REST API version in use; zero before SignIn where the server's own is used.
func (c *Client) Version() Version { return c.version }

// call sends a request for something below the site, in the session.
func call[T any](ctx context.Context, c *Client, r rest.Request, path ...string) (T, error) {
	return callIn[T](ctx, c, r, path, func(i identity) []string { return []string{"sites", i.site} })
}

// callServer sends a request for something that all sites share, in the session.
func callServer[T any](ctx context.Context, c *Client, r rest.Request, path ...string) (T, error) {
	return callIn[T](ctx, c, r, path, func(identity) []string { return nil })
}

func callIn[T any](ctx context.Context, c *Client, r rest.Request, path []string, below func(identity) []string) (T, error) {
	for {
		identity := c.session.current()
		r.Path = slices.Concat([]string{"api", c.version.String()}, below(identity), path)
		r.Header = http.Header{"X-Tableau-Auth": {identity.token}}
		answer, err := send[T](ctx, c, r)
		if !isUnauthorized(err) {
			return answer, err
		}
		// A 401 is a refusal, so that whatever it was may be sent again.
		if err := c.renew(ctx, identity.token, scopeOf(r.Method, path), err); err != nil {
			return answer, err
		}
	}
}

// scopeOf is the scope that a call needs of a connected app.
func scopeOf(method string, path []string) string {
	switch {
	case method == http.MethodPost:
		return ScopeRun
	case path[0] == "jobs":
		return ScopeJobs
	case path[0] == "tasks" || path[0] == "schedules":
		return ScopeTasks
	case path[0] == collection(content.Flow):
		return ScopeFlows
	}
	return ScopeContent
}

// send adds to a request what all of them have in common. T is a struct of the children expected in the answer.
func send[T any](ctx context.Context, c *Client, r rest.Request) (T, error) {
	var answer T
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Body != nil {
		r.ContentType = "text/xml"
	}
	r.Accept = "application/xml"
	r.Decode = func(body []byte) error {
		var fresh T // a broken answer must not leave half of itself to the next
		err := decode(body, &fresh)
		answer = fresh
		return err
	}
	header, err := c.rest.Do(ctx, r)
	if err != nil {
		return answer, c.cure(err)
	}
	c.clock.set(header)
	return answer, nil
}

// nothing is the payload of answers that nobody reads.
type nothing struct{}

// decode reads the payload of an answer.
func decode(body []byte, into any) error {
	if _, ok := into.(*nothing); ok {
		return nil
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	root, err := rootOf(decoder)
	if err != nil {
		return fmt.Errorf("failed to decode: %w", err)
	}
	if root.Name.Local != "tsResponse" {
		return fmt.Errorf("it is a %q, not a tsResponse", root.Name.Local)
	}
	if err := decoder.DecodeElement(into, &root); err != nil {
		return fmt.Errorf("failed to decode: %w", err)
	}
	if payload, ok := into.(checked); ok {
		return payload.check()
	}
	return nil
}

// rootOf reads up to the first element. Nothing is read twice: a list may be long.
func rootOf(decoder *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := decoder.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if element, ok := token.(xml.StartElement); ok {
			return element, nil
		}
	}
}

// checked is a payload that is of no use without some of its fields.
type checked interface{ check() error }
