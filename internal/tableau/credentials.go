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
	// TokenName and TokenValue are those of a personal access token. One token has one live session.
	TokenName, TokenValue string
	// App is a connected app with direct trust that acts as Username.
	App ConnectedApp
	// Username and Password sign in as a user.
	Username, Password string
}

// ConnectedApp is a connected app with direct trust.
// https://help.tableau.com/current/online/en-us/connected_apps_direct.htm
type ConnectedApp struct {
	ClientID, SecretID, SecretValue string
	// Scopes are what a session may do, and nothing more.
	Scopes []string
	// OldScopes come on top where an incremental refresh takes a task: see [Version.IncrementalVersion].
	TaskScopes []string
}

// scopes are those that the work needs of a server of that version.
func (a ConnectedApp) scopes(v Version) []string {
	if v.SupportsIncremental() {
		return a.Scopes
	}
	return slices.Concat(a.Scopes, a.TaskScopes)
}

// tokenLife is how long a signed token is good for. Tableau takes at most ten minutes; it only has to last for the sign-in.
const jwtLifetime = 5 * time.Minute

// clockSkew is by how much this machine's clock may be ahead of Tableau's.
const clockSkew = 5 * time.Second

type signInRequest struct {
	XMLName     xml.Name `xml:"tsRequest"`
	Credentials struct {
		TokenName  string `xml:"personalAccessTokenName,attr,omitempty"`
		TokenValue string `xml:"personalAccessTokenSecret,attr,omitempty"`
		JWT        string `xml:"jwt,attr,omitempty"`
		Name       string `xml:"name,attr,omitempty"`
		Password   string `xml:"password,attr,omitempty"`
		// Site is never left out: its empty content URL stands for the Default site.
		Site struct {
			ContentURL string `xml:"contentUrl,attr"`
		} `xml:"site"`
	} `xml:"credentials"`
}

// request is the body of a sign-in. A signed token is made anew for each: it is good for one.
func (s *session) signInRequest(v Version) (signInRequest, error) {
	var r signInRequest
	r.Credentials.Site.ContentURL = s.site
	switch c := s.credentials; {
	case c.TokenName != "":
		r.Credentials.TokenName, r.Credentials.TokenValue = c.TokenName, c.TokenValue
	case c.App.ClientID != "":
		signed, err := c.App.sign(c.Username, c.App.scopes(v), time.Now())
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

// sign makes the token by which the app acts as a user.
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

// cure says what may be wrong with credentials that were refused.
func (c Credentials) hint() string {
	switch {
	case c.TokenName != "":
		return "check tableau-token-name and tableau-token-value: a token also expires after 15 days without use"
	case c.App.ClientID != "":
		return "check the tableau-connected-app inputs and tableau-username: the app must be enabled and its user be on the site"
	}
	return "check tableau-username and tableau-password: where Tableau asks for a second factor, only a token or a connected app can sign in"
}

// The scopes of what this program does.
// https://help.tableau.com/current/online/en-us/connected_apps_scopes.htm
const (
	ScopeContent = "tableau:content:read"
	ScopeRun     = "tableau:tasks:run"
	ScopeJobs    = "tableau:jobs:read"
	ScopeTasks   = "tableau:tasks:read"
	ScopeFlows   = "tableau:flows:read"
)

// missing is the scope that a refused call needs, where scopes matter.
func (c *Client) appScope(scope string) string {
	if c.session.credentials.App.ClientID == "" {
		return ""
	}
	return scope
}
