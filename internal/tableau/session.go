package tableau

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
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

	mu       sync.Mutex
	identity identity
}

type identity struct {
	token, siteLUID string
	renewedAt       time.Time // zero if the sign-in was not a renewal
}

func (s *session) current() identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity
}

// SessionError means that the session ended and could not be renewed.
type SessionError struct {
	// TokenInUse is true if a renewed session ended soon: most likely, another program uses the token.
	TokenInUse bool
	// Scope is the scope that the rejected request requires of a connected app; "" for the other sign-in methods.
	Scope string
	Err   error
}

func (e *SessionError) Error() string {
	switch {
	case !e.TokenInUse:
		return fmt.Sprintf("failed to renew the Tableau session: %v", e.Err)
	case e.Scope != "":
		return fmt.Sprintf("%v, also in a new session. The connected app needs the scope %s, and its user the permission", e.Err, e.Scope)
	}
	return fmt.Sprintf("%v. Create a separate token for this workflow, and use concurrency so that its runs do not overlap. The token "+
		"in tableau-token-name appears to be in use elsewhere: each sign-in ends its other session, and this session ended within "+
		"%.0f minutes of its renewal", e.Err, minSessionLife.Minutes())
}

func (e *SessionError) Unwrap() error { return e.Err }

// minSessionLife is how long a renewed session must last. One that is rejected sooner means that another program uses the
// token, and the two would keep ending each other's session.
const minSessionLife = 5 * time.Minute

// SignIn starts the session, for which the API version must be known.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm
func (c *Client) SignIn(ctx context.Context) error {
	return c.signIn(ctx, rest.Preflight, false)
}

func (c *Client) signIn(ctx context.Context, retry rest.RetryTimes, isRenewal bool) error {
	response, err := c.sendSignIn(ctx, retry)
	if redirect := c.signInRedirect(err); redirect != nil {
		c.rest.SetBase(redirect)
		response, err = c.sendSignIn(ctx, retry)
	}
	if hasStatus(err, http.StatusUnauthorized) && !hasCode(err, "") {
		site := "An empty tableau-site selects the Default site, and a wrong site gives the same error"
		if c.session.site != "" {
			site = fmt.Sprintf("A wrong tableau-site gives the same error: %q must be the part after /site/ in a page URL, not the display "+
				"name", c.session.site)
		}
		return fmt.Errorf("%w. %s. %s", err, c.session.credentials.hint(c.offset()), site)
	}
	if err != nil {
		return err
	}
	identity := identity{token: response.Credentials.Token, siteLUID: response.Credentials.Site.ID}
	if isRenewal {
		identity.renewedAt = time.Now()
	}
	c.session.onSecret(identity.token)
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.identity = identity
	return nil
}

func (c *Client) sendSignIn(ctx context.Context, retry rest.RetryTimes) (signInResponse, error) {
	body, err := c.signInBody()
	if err != nil {
		return signInResponse{}, err
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

func (r *signInResponse) isValid() bool {
	return r.Credentials.Token != "" && r.Credentials.Site.ID != ""
}

// signInRedirect returns the base URL to which Tableau Cloud redirects a sign-in from another of its hosts, or nil if err is
// not such a redirect. Credentials are sent only over HTTPS, and only to a host with the same registrable domain.
func (c *Client) signInRedirect(err error) *url.URL {
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || status.Location == nil {
		return nil
	}
	from, to := c.rest.Base(), status.Location
	if from.Scheme != "https" || to.Scheme != "https" || to.Host == from.Host || !sameDomain(from.Hostname(), to.Hostname()) ||
		to.Path != "" && !strings.HasSuffix(to.Path, "/auth/signin") {
		return nil
	}
	return &url.URL{Scheme: to.Scheme, Host: to.Host}
}

func sameDomain(a, b string) bool {
	if net.ParseIP(a) != nil || net.ParseIP(b) != nil {
		return false
	}
	domainA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	domainB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && domainA == domainB
}

// renew signs in again after Tableau rejected the session token, unless that is done already. Concurrent calls share one
// sign-in. The reason is the error of the rejected request, which requires the scope.
func (c *Client) renew(ctx context.Context, rejectedToken, scope string, reason error) error {
	_, err, _ := c.session.renewals.Do(rejectedToken, func() (any, error) {
		current := c.session.current()
		if current.token != rejectedToken {
			return nil, nil
		}
		if time.Since(current.renewedAt) < minSessionLife {
			if c.session.credentials.App.ClientID == "" {
				scope = ""
			}
			return nil, &SessionError{TokenInUse: true, Scope: scope, Err: reason}
		}
		if err := c.signIn(ctx, rest.Polling, true); err != nil {
			return nil, &SessionError{Err: err}
		}
		return nil, nil
	})
	return err
}

// SignOut ends the session, if there is one. An error can be ignored, because a session also ends without a sign-out.
func (c *Client) SignOut(ctx context.Context) error {
	identity := c.session.current()
	if identity.token == "" {
		return nil
	}
	_, err := c.rest.Do(ctx, rest.Request{
		Operation: "sign out of Tableau",
		Method:    http.MethodPost,
		Path:      []string{"api", c.version.String(), "auth", "signout"},
		Header:    http.Header{"X-Tableau-Auth": {identity.token}},
		SkipPause: true,
	})
	return err
}
