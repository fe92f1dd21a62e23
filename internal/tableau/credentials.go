package tableau

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Credentials are one way to sign in: the first of the three that is set.
type Credentials struct {
	// TokenName and TokenValue are a personal access token, which can have only one session at a time.
	TokenName, TokenValue string
	// App is a connected app that acts as Username.
	App ConnectedApp
	// Username and Password sign in as a user.
	Username, Password string
}

// ConnectedApp is a connected app with direct trust.
// https://help.tableau.com/current/online/en-us/connected_apps_direct.htm
type ConnectedApp struct {
	ClientID, SecretID, SecretValue string
	// Scopes are all the scopes of a session.
	Scopes []string
	// TaskScopes are added if an incremental refresh requires a task: see [Version.SupportsIncremental].
	TaskScopes []string
}

// scopes returns the scopes to request from a server of that version.
func (a ConnectedApp) scopes(v Version) []string {
	if v.SupportsIncremental() {
		return a.Scopes
	}
	return slices.Concat(a.Scopes, a.TaskScopes)
}

// jwtLifetime is how long a JWT is valid. Tableau accepts at most ten minutes; it only has to last for the sign-in.
const jwtLifetime = 5 * time.Minute

// clockSkew is how far the clock can be off that is used for the JWT.
const clockSkew = 5 * time.Second

type signInRequest struct {
	XMLName     xml.Name `xml:"tsRequest"`
	Credentials struct {
		TokenName  string `xml:"personalAccessTokenName,attr,omitempty"`
		TokenValue string `xml:"personalAccessTokenSecret,attr,omitempty"`
		JWT        string `xml:"jwt,attr,omitempty"`
		Name       string `xml:"name,attr,omitempty"`
		Password   string `xml:"password,attr,omitempty"`
		// Site is never omitted: an empty content URL is the default site.
		Site struct {
			ContentURL string `xml:"contentUrl,attr"`
		} `xml:"site"`
	} `xml:"credentials"`
}

// newSignInRequest returns the body of a sign-in. Each one needs a new JWT, because Tableau accepts a JWT only once. It checks
// the times in it with its own clock. https://github.com/tableau/embedding-api-v3-guide/issues/39
func (s *session) newSignInRequest(v Version, serverTime time.Time) (signInRequest, error) {
	var r signInRequest
	r.Credentials.Site.ContentURL = s.site
	switch c := s.credentials; {
	case c.TokenName != "":
		r.Credentials.TokenName, r.Credentials.TokenValue = c.TokenName, c.TokenValue
	case c.App.ClientID != "":
		signed, err := c.App.sign(c.Username, c.App.scopes(v), serverTime)
		if err != nil {
			return r, err
		}
		s.onSecret(signed)
		r.Credentials.JWT = signed
	default:
		r.Credentials.Name, r.Credentials.Password = c.Username, c.Password
	}
	return r, nil
}

// sign returns the JWT that signs in as a user through the app.
func (a ConnectedApp) sign(username string, scopes []string, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": a.ClientID,
		"sub": username,
		"aud": "tableau",
		"jti": rand.Text(),
		"iat": now.Add(-clockSkew).Unix(),
		"nbf": now.Add(-clockSkew).Unix(),
		"exp": now.Add(jwtLifetime).Unix(),
		"scp": scopes,
	})
	token.Header["kid"] = a.SecretID
	token.Header["iss"] = a.ClientID
	signed, err := token.SignedString([]byte(a.SecretValue))
	if err != nil {
		return "", fmt.Errorf("failed to sign the token of the connected app: %w", err)
	}
	return signed, nil
}

// hint returns what to check if Tableau rejects the credentials. The offset is Tableau's time minus local time.
func (c Credentials) hint(offset time.Duration) string {
	switch {
	case c.TokenName != "":
		return "check tableau-token-name and tableau-token-value: a token also expires after 15 days without use"
	case c.App.ClientID != "" && offset.Abs() > clockSkew:
		return fmt.Sprintf("check the tableau-connected-app inputs and tableau-username, and correct the clock of this runner, which "+
			"differs from Tableau's by %s", offset.Abs().Round(time.Second))
	case c.App.ClientID != "":
		return "check the tableau-connected-app inputs and tableau-username: the app must be enabled and its user be on the site"
	}
	return "check tableau-username and tableau-password: where Tableau asks for a second factor, only a token or a connected app can sign in"
}

// The access scopes of the requests in this package.
// https://help.tableau.com/current/online/en-us/connected_apps_scopes.htm
const (
	ScopeContent = "tableau:content:read"
	ScopeRun     = "tableau:tasks:run"
	ScopeJobs    = "tableau:jobs:read"
	ScopeTasks   = "tableau:tasks:read"
	ScopeFlows   = "tableau:flows:read"
)

// appScope returns scope for a connected app, and "" for the other ways to sign in, which have no scopes.
func (c *Client) appScope(scope string) string {
	if c.session.credentials.App.ClientID == "" {
		return ""
	}
	return scope
}

// hasScope reports whether the session has the scope. A request without it must not be sent: Tableau returns 401, as if the
// session had ended.
func (c *Client) hasScope(scope string) bool {
	app := c.session.credentials.App
	return app.ClientID == "" || slices.Contains(app.scopes(c.version), scope)
}
