package tableau

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Credentials are one sign-in method: the first of the three that is set.
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

func (a ConnectedApp) scopes(v Version) []string {
	if v.SupportsIncremental() {
		return a.Scopes
	}
	return slices.Concat(a.Scopes, a.TaskScopes)
}

const (
	jwtLifetime = 5 * time.Minute // only has to cover the sign-in; Tableau accepts at most ten minutes
	clockSkew   = 5 * time.Second // by how much the clock used for the JWT can be wrong
)

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

// signInBody returns the body of a sign-in request. Each one needs a new JWT, because Tableau accepts a JWT only once.
func (c *Client) signInBody() ([]byte, error) {
	var r signInRequest
	r.Credentials.Site.ContentURL = c.session.site
	switch credentials := c.session.credentials; {
	case credentials.TokenName != "":
		r.Credentials.TokenName, r.Credentials.TokenValue = credentials.TokenName, credentials.TokenValue
	case credentials.App.ClientID != "":
		signed, err := credentials.App.sign(credentials.Username, c.version, c.ServerTime())
		if err != nil {
			return nil, fmt.Errorf("failed to sign the JWT of the connected app: %w", err)
		}
		c.session.onSecret(signed)
		r.Credentials.JWT = signed
	default:
		r.Credentials.Name, r.Credentials.Password = credentials.Username, credentials.Password
	}
	return xml.Marshal(r)
}

// sign returns a JWT for the user. Tableau checks its times with its own clock, so now must be a time on that clock.
// https://github.com/tableau/embedding-api-v3-guide/issues/39
func (a ConnectedApp) sign(username string, v Version, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": a.ClientID,
		"sub": username,
		"aud": "tableau",
		"jti": rand.Text(),
		"iat": now.Add(-clockSkew).Unix(),
		"nbf": now.Add(-clockSkew).Unix(),
		"exp": now.Add(jwtLifetime).Unix(),
		"scp": a.scopes(v),
	})
	token.Header["kid"] = a.SecretID
	token.Header["iss"] = a.ClientID
	return token.SignedString([]byte(a.SecretValue))
}

func (c Credentials) hint(clockOffset time.Duration) string {
	switch {
	case c.TokenName != "":
		return "Check tableau-token-name and tableau-token-value. A token expires after 15 days without use"
	case c.App.ClientID != "" && clockOffset.Abs() > clockSkew:
		return fmt.Sprintf("Correct the clock of this runner, which differs from Tableau's clock by %s, and check the "+
			"tableau-connected-app inputs and tableau-username", clockOffset.Abs().Round(time.Second))
	case c.App.ClientID != "":
		return "Check the tableau-connected-app inputs and tableau-username. The app must be enabled, and the user must be on the site"
	}
	return "Check tableau-username and tableau-password. If the site requires multi-factor authentication, use a personal access " +
		"token or a connected app"
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

// hasScope reports whether the session has the scope. A request without it must not be sent: Tableau returns 401, as if the
// session had ended.
func (c *Client) hasScope(scope string) bool {
	app := c.session.credentials.App
	return app.ClientID == "" || slices.Contains(app.scopes(c.version), scope)
}
