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

// session is the only session of a client, because each sign-in with a personal access token ends the token's other session.
type session struct {
	host        string // as configured; Tableau Cloud can redirect the session to another
	site        string
	credentials Credentials
	onSecret    func(string)
	renewals    singleflight.Group

	mu        sync.Mutex
	identity  identity
	renewedAt time.Time // zero after the first sign-in
}

// identity is the result of a sign-in.
type identity struct{ token, siteLUID string }

func (s *session) current() identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity
}

// SessionError means that the session ended and could not be renewed.
type SessionError struct {
	// TokenInUse is true if a renewed session ended soon: most likely, another program uses the token.
	TokenInUse bool
	// Scope is the scope that the rejected request requires of a connected app; "" for the other ways to sign in.
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
		"its runs apart with concurrency", e.Err, minSessionLife)
}

func (e *SessionError) Unwrap() error { return e.Err }

// minSessionLife is how long a renewed session must last. One that is rejected sooner means that another program uses the
// token, and the two would keep ending each other's session.
const minSessionLife = 5 * time.Minute

// SignIn starts the session, for which the API version must be known.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm
func (c *Client) SignIn(ctx context.Context) error {
	return c.signIn(ctx, rest.Preflight)
}

func (c *Client) signIn(ctx context.Context, retry rest.RetryTimes) error {
	response, err := c.sendSignIn(ctx, retry)
	if redirect := c.signInRedirect(err); redirect != nil {
		c.rest.SetBase(redirect)
		response, err = c.sendSignIn(ctx, retry)
	}
	if hasStatus(err, http.StatusUnauthorized) && !hasCode(err, "") {
		site := "the Default site of this server"
		if c.session.site != "" {
			site = fmt.Sprintf("%q, which must be the part after /site/ in a page URL, not the display name", c.session.site)
		}
		return fmt.Errorf("%w; check tableau-site: %s; then %s", err, site, c.session.credentials.hint(c.clock.get()))
	}
	if err != nil {
		return err
	}
	token := response.Credentials.Token
	c.session.onSecret(token)
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.identity = identity{token: token, siteLUID: response.Credentials.Site.ID}
	return nil
}

func (c *Client) sendSignIn(ctx context.Context, retry rest.RetryTimes) (signInResponse, error) {
	request, err := c.session.newSignInRequest(c.version, c.ServerTime())
	if err != nil {
		return signInResponse{}, err
	}
	body, err := xml.Marshal(request)
	if err != nil {
		return signInResponse{}, fmt.Errorf("failed to encode the sign-in: %w", err)
	}
	return send[signInResponse](ctx, c, rest.Request{
		Operation: "sign in to Tableau",
		Method:    http.MethodPost,
		Path:      []string{"api", c.version.String(), "auth", "signin"},
		Body:      body,
		Retry:     retry,
		RetryAlso: func(e *rest.StatusError) bool {
			return c.session.current().token != "" && (e.Page || e.Location != nil) && c.signInRedirect(e) == nil
		},
	})
}

type signInResponse struct {
	Credentials struct {
		Token string `xml:"token,attr"`
		Site  struct {
			ID string `xml:"id,attr"`
		} `xml:"site"`
	} `xml:"credentials"`
}

func (r *signInResponse) validate() error {
	if r.Credentials.Token == "" || r.Credentials.Site.ID == "" {
		return errors.New("it has no token, or no site")
	}
	return nil
}

// renew signs in again after Tableau rejected the session token, unless that is done already. Concurrent calls share one
// sign-in. The reason is the error of the rejected request, which requires the scope.
func (c *Client) renew(ctx context.Context, rejectedToken, scope string, reason error) error {
	_, err, _ := c.session.renewals.Do(rejectedToken, func() (any, error) {
		if c.session.current().token != rejectedToken {
			return nil, nil
		}
		if time.Since(c.session.lastRenewal()) < minSessionLife {
			return nil, &SessionError{TokenInUse: true, Scope: c.appScope(scope), Err: reason}
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
	return s.renewedAt
}

func (s *session) markRenewal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewedAt = time.Now()
}

// SignOut ends the session, if there is one. An error can be ignored, because a session ends without a sign-out, too.
func (c *Client) SignOut(ctx context.Context) error {
	identity := c.session.current()
	if identity.token == "" {
		return nil
	}
	_, err := send[ignoredBody](ctx, c, rest.Request{
		Operation: "sign out of Tableau",
		Method:    http.MethodPost,
		Path:      []string{"api", c.version.String(), "auth", "signout"},
		Header:    http.Header{"X-Tableau-Auth": {identity.token}},
		SkipPause: true,
	})
	return err
}
