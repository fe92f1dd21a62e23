package sandbox

import (
	"net/http"
	"time"
)

// xmlUser is a user of the site.
type xmlUser struct {
	ID        string `xml:"id,attr"`
	Name      string `xml:"name,attr"`
	FullName  string `xml:"fullName,attr"`
	SiteRole  string `xml:"siteRole,attr"`
	LastLogin string `xml:"lastLogin,attr"`
}

// getUser handles Query User On Site of the Tableau REST API. Only the user who signs in exists.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#query_user_on_site
func (t *tableauServer) getUser(r *http.Request, _ time.Time) reply {
	if id := r.PathValue("user"); id != userLUID {
		return tableauError(404002, "Resource Not Found", "User '"+id+"' could not be found.")
	}
	role := "Creator"
	if t.site.MayListJobs {
		role = "SiteAdministratorCreator"
	}
	return tableauXML(http.StatusOK, tsResponse{User: &xmlUser{
		ID: userLUID, Name: ownerName, FullName: "Nordlys Analytics", SiteRole: role, LastLogin: formatXMLTime(t.start),
	}})
}
