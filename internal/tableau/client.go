package tableau

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"

	"dbt-tableau-refresh/internal/rest"
)

// Client works on one site of one Tableau Server or of Tableau Cloud. It is safe for concurrent use after SignIn.
type Client struct {
	rest    *rest.Client
	version Version
	session session
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
	Minted func(secret string)
}

// New makes a client that is not signed in.
func New(options Options) (*Client, error) {
	options.REST.Service = "Tableau"
	options.REST.Explain = explain
	client, err := rest.New(options.REST)
	if err != nil {
		return nil, err
	}
	if options.Minted == nil {
		options.Minted = func(string) {}
	}
	return &Client{
		rest:    client,
		version: options.Version,
		session: session{site: options.Site, credentials: options.Credentials, minted: options.Minted},
	}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.rest.Close() }

// Version is the REST API version in use; zero before SignIn where the server's own is used.
func (c *Client) Version() Version { return c.version }

// call sends a request for something below the site, in the session, and decodes the answer into the given struct.
func (c *Client) call(ctx context.Context, r rest.Request, into any, path ...string) error {
	for {
		identity := c.session.current()
		r.Path = append([]string{"api", c.version.String(), "sites", identity.site}, path...)
		r.Header = http.Header{"X-Tableau-Auth": {identity.token}}
		_, err := c.send(ctx, r, into)
		if !isUnauthorized(err) {
			return err
		}
		// A 401 is a refusal, so that whatever it was may be sent again.
		if err := c.renew(ctx, identity.token, err); err != nil {
			return err
		}
	}
}

// send adds to a request what all of them have in common.
func (c *Client) send(ctx context.Context, r rest.Request, into any) (http.Header, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Body != nil {
		r.ContentType = "text/xml"
	}
	r.Accept = "application/xml"
	r.Decode = func(body []byte) error { return decode(body, into) }
	header, err := c.rest.Do(ctx, r)
	if err != nil {
		return nil, c.cure(err)
	}
	return header, nil
}

// decode reads the payload of an answer; into is a pointer to a struct of expected children, or nil.
func decode(body []byte, into any) error {
	var root struct{ XMLName xml.Name }
	if into == nil {
		return nil
	}
	if err := xml.Unmarshal(body, &root); err != nil {
		return fmt.Errorf("failed to decode: %w", err)
	}
	if root.XMLName.Local != "tsResponse" {
		return fmt.Errorf("it is a %q, not a tsResponse", root.XMLName.Local)
	}
	if err := xml.Unmarshal(body, into); err != nil {
		return fmt.Errorf("failed to decode: %w", err)
	}
	return nil
}
