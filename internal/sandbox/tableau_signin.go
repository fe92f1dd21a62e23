package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxTokenLife is the longest lifetime of a JSON web token.
const maxTokenLife = 10 * time.Minute

// signIn handles Sign In of the Tableau REST API. Like the real one, it does not return what is wrong with the credentials.
func (t *tableauServer) signIn(r *http.Request, now time.Time) reply {
	if t.atSignInHost(r) {
		return reply{status: http.StatusMovedPermanently, location: scheme(r) + t.site.PodHost + r.URL.Path}
	}
	request, ok := parseRequest(r)
	if !ok || request.Credentials == nil || request.Credentials.Site == nil {
		return badRequest("Payload is either malformed or incomplete.")
	}
	s := t.authenticate(*request.Credentials, requestVersion(r), now)
	if s == nil || request.Credentials.Site.ContentURL != t.site.ContentURL {
		return tableauError(401001, "Signin Error", "Error signing in to Tableau Server")
	}
	return tableauXML(http.StatusOK, tsResponse{Credentials: &xmlCredentials{
		Token:      t.startSession(s, now),
		Expiration: formatClock(t.site.IdleLimit),
		Site:       xmlSite{ID: t.site.LUID, ContentURL: t.site.ContentURL},
		User:       xmlReference{ID: userLUID},
	}})
}

// atSignInHost reports whether the request was sent to the host that only redirects sign-ins.
func (t *tableauServer) atSignInHost(r *http.Request) bool {
	return t.site.SignInHost != "" && r.Host == t.site.SignInHost
}

// authenticate returns a session for valid credentials, or nil.
func (t *tableauServer) authenticate(given xmlSignIn, v version, now time.Time) *session {
	switch {
	case given.TokenName != "":
		if !v.before(version{3, 6}) && given.TokenName == t.site.TokenName && given.TokenSecret == t.site.TokenValue {
			return &session{byToken: true}
		}
	case given.JWT != "":
		if scopes, err := t.verifyToken(given.JWT, now); err == nil && !v.before(version{3, 17}) {
			return &session{byApp: true, scopes: scopes}
		}
	case given.Name != "" && given.Name == t.site.Username && given.Password == t.site.Password:
		return &session{}
	}
	return nil
}

// appClaims are the claims of a connected app's token.
type appClaims struct {
	jwt.RegisteredClaims
	Scopes []string `json:"scp"`
}

// verifyToken returns the scopes of a connected app's token. Each token can be used once.
func (t *tableauServer) verifyToken(text string, now time.Time) ([]string, error) {
	app := t.site.App
	if app.SecretValue == "" {
		return nil, errors.New("there is no connected app")
	}
	claims := &appClaims{}
	_, err := jwt.ParseWithClaims(text, claims, app.key,
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(app.ClientID), jwt.WithSubject(t.site.Username), jwt.WithAudience("tableau"),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	switch {
	case err != nil:
		return nil, fmt.Errorf("failed to read JWT: %w", err)
	case claims.ExpiresAt.Sub(now) > maxTokenLife:
		return nil, errors.New("the JWT lives too long")
	case claims.ID == "" || t.usedTokenIDs[claims.ID]:
		return nil, errors.New("the JWT has no id, or one that was seen")
	}
	t.usedTokenIDs[claims.ID] = true
	return claims.Scopes, nil
}

// key returns the secret whose ID is in the header. The header can also contain the client ID of the app.
func (app ConnectedApp) key(token *jwt.Token) (any, error) {
	if issuer, ok := token.Header["iss"]; ok && issuer != app.ClientID {
		return nil, errors.New("the header names another app")
	}
	if token.Header["kid"] != app.SecretID {
		return nil, errors.New("the header names another secret")
	}
	return []byte(app.SecretValue), nil
}

// startSession adds a session and returns its token.
func (t *tableauServer) startSession(s *session, now time.Time) string {
	for token, older := range t.sessions {
		if s.byToken && older.byToken {
			delete(t.sessions, token)
		}
	}
	t.signInCount++
	token := fmt.Sprintf("sandbox-session-%d", t.signInCount)
	s.lastUsed = now
	t.sessions[token] = s
	return token
}
