package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// userLUID is who signs in, by whatever way.
const userLUID = "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f"

// ownerName is the name of that user, who owns everything.
const ownerName = "analytics@nordlys.example"

// session is what a sign-in gives.
type session struct {
	// byToken says that it came by the personal access token, of which one session lives at a time.
	byToken bool
	used    time.Time
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

// serverInfo is Server Info of the Tableau REST API; it needs no session.
func (t *tableauServer) serverInfo(*http.Request, time.Time) reply {
	info := &xmlServerInfo{RestAPIVersion: t.site.APIVersion}
	info.ProductVersion.Build = "20252.25.0814.1146"
	info.ProductVersion.Text = "2025.2.0"
	return tableauXML(http.StatusOK, tsResponse{ServerInfo: info})
}

// signIn is Sign In of the Tableau REST API. What is wrong about it, the real server does not tell.
func (t *tableauServer) signIn(r *http.Request, now time.Time) reply {
	request, ok := parseRequest(r)
	if !ok || request.Credentials == nil || request.Credentials.Site == nil {
		return badRequest("Payload is either malformed or incomplete.")
	}
	given := *request.Credentials
	byToken := given.TokenName != "" && !requestVersion(r).before(version{3, 6}) &&
		given.TokenName == t.site.TokenName && given.TokenSecret == t.site.TokenValue
	byPassword := given.Name != "" && given.Name == t.site.Username && given.Password == t.site.Password
	if (!byToken && !byPassword) || given.Site.ContentURL != t.site.ContentURL {
		return tableauError(401001, "Signin Error", "Error signing in to Tableau Server")
	}
	return tableauXML(http.StatusOK, tsResponse{Credentials: &xmlCredentials{
		Token:      t.newSession(byToken, now),
		Expiration: clockTime(t.site.IdleLimit),
		Site:       xmlSite{ID: t.site.LUID, ContentURL: t.site.ContentURL},
		User:       xmlReference{ID: userLUID},
	}})
}

func (t *tableauServer) newSession(byToken bool, now time.Time) string {
	for token, s := range t.sessions {
		if byToken && s.byToken {
			delete(t.sessions, token)
		}
	}
	t.signIns++
	token := fmt.Sprintf("sandbox-session-%d", t.signIns)
	t.sessions[token] = &session{byToken: byToken, used: now}
	return token
}

// signOut is Sign Out of the Tableau REST API.
func (t *tableauServer) signOut(r *http.Request, _ time.Time) reply {
	delete(t.sessions, r.Header.Get("X-Tableau-Auth"))
	return reply{status: http.StatusNoContent}
}

// checkSession refuses a dead or missing session, and a site that is not the session's.
func (t *tableauServer) checkSession(operation string, r *http.Request, now time.Time) *reply {
	token := r.Header.Get("X-Tableau-Auth")
	s := t.sessions[token]
	if s == nil || now.Sub(s.used) > t.site.IdleLimit {
		delete(t.sessions, token)
		return new(tableauError(401002, "Unauthorized Access", "Invalid authentication credentials were provided."))
	}
	s.used = now
	if operation != "sign-out" && r.PathValue("site") != t.site.LUID {
		return new(tableauError(404000, "Resource Not Found", "Site '"+r.PathValue("site")+"' could not be found."))
	}
	return nil
}
