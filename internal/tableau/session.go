package tableau

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"dbt-tableau-refresh/internal/rest"
)

// session is the one session of a client: signing in again with the same token would end the one before.
type session struct {
	host        string // as configured; Tableau Cloud may have moved the session to another
	site        string
	credentials Credentials
	minted      func(string)
	flight      singleflight.Group

	mu       sync.Mutex
	identity identity
	renewed  time.Time // of the last renewal; the first sign-in is none
}

// identity is what a sign-in gives: a token and the site's LUID.
type identity struct{ token, site string }

func (s *session) current() identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity
}

// SessionError is a session that ended and could not be renewed.
type SessionError struct {
	// Elsewhere is true when the session ended again right after it was renewed.
	TokenInUse bool
	// Scope is the scope without which a connected app is refused what it asked for; "" for the other ways to sign in.
	Scope string
	Err   error
}

func (e *SessionError) Error() string {
	switch {
	case !e.TokenInUse:
		return fmt.Sprintf("failed to renew the Tableau session: %v", e.Err)
	case e.Scope != "":
		return fmt.Sprintf("%v, also in a new session; Tableau answers so where the connected app may not do this: it needs the scope %s, "+
			"and its user the permission", e.Err, e.Scope)
	}
	return fmt.Sprintf("%v; Tableau ended the session again within %s of its renewal: the token of tableau-token-name seems to be "+
		"used elsewhere, and every sign-in with a token ends its other session; give this workflow a token of its own, and keep "+
		"its runs apart with concurrency", e.Err, settle)
}

func (e *SessionError) Unwrap() error { return e.Err }

// settle is how long a renewed session must last. Two programs that share a token would else end each other's for ever.
const settle = 5 * time.Minute

// SignIn starts the session. https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm
func (c *Client) SignIn(ctx context.Context) error {
	return c.signIn(ctx, rest.Preflight)
}

func (c *Client) signIn(ctx context.Context, patience rest.RetryTimes) error {
	answer, err := c.sendSignIn(ctx, patience)
	if to := c.moved(err); to != nil {
		c.rest.SetBase(to)
		answer, err = c.sendSignIn(ctx, patience)
	}
	if isUnauthorized(err) {
		return fmt.Errorf("%w; %s; an unknown tableau-site is answered in the same way", err, c.session.credentials.cure())
	}
	if err != nil {
		return err
	}
	token := answer.Credentials.Token
	c.session.minted(token)
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.identity = identity{token: token, site: answer.Credentials.Site.ID}
	return nil
}

func (c *Client) sendSignIn(ctx context.Context, patience rest.RetryTimes) (signInAnswer, error) {
	request, err := c.session.request(c.version)
	if err != nil {
		return signInAnswer{}, err
	}
	body, err := xml.Marshal(request)
	if err != nil {
		return signInAnswer{}, fmt.Errorf("failed to encode the sign-in: %w", err)
	}
	return send[signInAnswer](ctx, c, rest.Request{
		Operation: "sign in to Tableau",
		Method:    http.MethodPost,
		Path:      []string{"api", c.version.String(), "auth", "signin"},
		Body:      body,
		Retry:     patience,
	})
}

type signInAnswer struct {
	Credentials struct {
		Token string `xml:"token,attr"`
		Site  struct {
			ID string `xml:"id,attr"`
		} `xml:"site"`
	} `xml:"credentials"`
}

func (a *signInAnswer) check() error {
	if a.Credentials.Token == "" || a.Credentials.Site.ID == "" {
		return errors.New("it has no token, or no site")
	}
	return nil
}

// renew signs in again after the given token was refused, unless somebody else has done so already. All who wait for it
// share one sign-in.
func (c *Client) renew(ctx context.Context, refused, scope string, reason error) error {
	_, err, _ := c.session.flight.Do(refused, func() (any, error) {
		if c.session.current().token != refused {
			return nil, nil
		}
		if time.Since(c.session.lastRenewal()) < settle {
			return nil, &SessionError{TokenInUse: true, Scope: c.missing(scope), Err: reason}
		}
		if err := c.signIn(ctx, rest.Polling); err != nil {
			return nil, &SessionError{Err: err}
		}
		c.session.markRenewal()
		return nil, nil
	})
	return err
}

func (s *session) lastRenewal() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renewed
}

func (s *session) markRenewal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewed = time.Now()
}

// SignOut ends the session; without one it does nothing. Its failure changes nothing: the session ends by itself.
func (c *Client) SignOut(ctx context.Context) error {
	identity := c.session.current()
	if identity.token == "" {
		return nil
	}
	_, err := send[nothing](ctx, c, rest.Request{
		Operation: "sign out of Tableau",
		Method:    http.MethodPost,
		Path:      []string{"api", c.version.String(), "auth", "signout"},
		Header:    http.Header{"X-Tableau-Auth": {identity.token}},
		SkipPause: true,
	})
	return err
}

func isUnauthorized(err error) bool {
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Status == http.StatusUnauthorized
}
