package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

type xmlProjects struct {
	Projects []xmlProject `xml:"project"`
}

type xmlProject struct {
	ID                 string       `xml:"id,attr"`
	Name               string       `xml:"name,attr"`
	Description        string       `xml:"description,attr"`
	CreatedAt          string       `xml:"createdAt,attr"`
	UpdatedAt          string       `xml:"updatedAt,attr"`
	ContentPermissions string       `xml:"contentPermissions,attr"`
	ParentProjectID    string       `xml:"parentProjectId,attr,omitempty"`
	Owner              xmlReference `xml:"owner"`
}

// listProjects handles Query Projects of the Tableau REST API.
func (t *tableauServer) listProjects(r *http.Request, _ time.Time) reply {
	created := formatXMLTime(t.start.AddDate(-2, 0, 0))
	known := fields[Project]{
		"name":            singleValue(func(p Project) string { return p.Name }),
		"parentProjectId": singleValue(func(p Project) string { return p.Parent }),
		"topLevelProject": singleValue(func(p Project) string { return strconv.FormatBool(p.Parent == "") }),
		"createdAt":       singleValue(func(Project) string { return created }),
	}
	return listReply(r, t.site.Projects, known, func(projects []Project, answer *tsResponse) {
		answer.Projects = &xmlProjects{}
		for _, p := range projects {
			answer.Projects.Projects = append(answer.Projects.Projects, xmlProject{
				ID: p.LUID, Name: p.Name, CreatedAt: created, UpdatedAt: created, ContentPermissions: "ManagedByOwner",
				ParentProjectID: p.Parent, Owner: xmlReference{ID: userLUID},
			})
		}
	})
}

func (t *tableauServer) projectName(luid string) string {
	for _, p := range t.site.Projects {
		if p.LUID == luid {
			return p.Name
		}
	}
	return ""
}
