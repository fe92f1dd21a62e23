package sandbox

import (
	"net/http"
	"time"
)

// userLUID is the user of all sign-in methods.
const userLUID = "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f"

// ownerName is the name of that user, who owns all content.
const ownerName = "analytics@nordlys.example"

// session is the result of a sign-in.
type session struct {
	// byToken is true for a session of the personal access token, which has one at a time.
	byToken bool
	// byApp is true for a session of the connected app, which is restricted to scopes.
	byApp    bool
	scopes   []string
	lastUsed time.Time
}

type xmlServerInfo struct {
	ProductVersion struct {
		Build string `xml:"build,attr"`
		Text  string `xml:",chardata"`
	} `xml:"productVersion"`
	RestAPIVersion string `xml:"restApiVersion"`
}

type xmlCredentials struct {
	Token      string       `xml:"token,attr"`
	Expiration string       `xml:"estimatedTimeToExpiration,attr"`
	Site       xmlSite      `xml:"site"`
	User       xmlReference `xml:"user"`
}

type xmlSite struct {
	ID         string `xml:"id,attr"`
	ContentURL string `xml:"contentUrl,attr"`
}

// serverInfo handles Server Info of the Tableau REST API; it needs no session.
func (t *tableauServer) serverInfo(*http.Request, time.Time) reply {
	info := &xmlServerInfo{RestAPIVersion: t.site.APIVersion}
	info.ProductVersion.Build = "20252.25.0814.1146"
	info.ProductVersion.Text = "2025.2.0"
	return tableauXML(http.StatusOK, tsResponse{ServerInfo: info})
}

// signOut handles Sign Out of the Tableau REST API.
func (t *tableauServer) signOut(r *http.Request, _ time.Time) reply {
	delete(t.sessions, r.Header.Get("X-Tableau-Auth"))
	return reply{status: http.StatusNoContent}
}

// checkSession refuses an expired or missing session, a call that the scopes do not allow, and another site than that of
// the session. The responses to the first two are the same. The SignInHost has no sessions.
func (t *tableauServer) checkSession(operation string, r *http.Request, now time.Time) *reply {
	token := r.Header.Get("X-Tableau-Auth")
	s := t.sessions[token]
	if s != nil && now.Sub(s.lastUsed) > t.site.IdleLimit {
		delete(t.sessions, token)
		s = nil
	}
	if s == nil || t.atSignInHost(r) || !t.allows(s, operation) {
		return new(tableauError(401002, "Unauthorized Access", "Invalid authentication credentials were provided."))
	}
	s.lastUsed = now
	if site := r.PathValue("site"); site != "" && site != t.site.LUID {
		return new(tableauError(404000, "Resource Not Found", "Site '"+site+"' could not be found."))
	}
	return nil
}
