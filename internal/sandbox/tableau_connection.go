package sandbox

import (
	"net/http"
	"time"
)

type xmlConnections struct {
	Connections []xmlConnection `xml:"connection"`
}

type xmlConnection struct {
	ID            string        `xml:"id,attr"`
	Type          string        `xml:"type,attr"`
	ServerAddress string        `xml:"serverAddress,attr"`
	UserName      string        `xml:"userName,attr"`
	EmbedPassword *bool         `xml:"embedPassword,attr"`
	DataSource    *xmlReference `xml:"datasource"`
}

// workbookConnections is Query Workbook Connections of the Tableau REST API. The data source in a connection is the
// workbook's own, even if it stands for a published one: its id is found nowhere else.
func (t *tableauServer) workbookConnections(r *http.Request, _ time.Time) reply {
	return connections(kindWorkbook, t.item(t.site.Workbooks, r), r)
}

// dataSourceConnections is Query Data Source Connections of the Tableau REST API.
func (t *tableauServer) dataSourceConnections(r *http.Request, _ time.Time) reply {
	return connections(kindDataSource, t.item(t.site.DataSources, r), r)
}

func connections(kind itemKind, item *Item, r *http.Request) reply {
	if item == nil {
		return itemNotFound(kind, r)
	}
	answer := &xmlConnections{}
	for _, c := range item.Connections {
		entry := xmlConnection{ID: c.LUID, Type: c.Type, ServerAddress: c.Server, UserName: c.Username, EmbedPassword: new(c.Username != "")}
		if c.Source != "" {
			entry.DataSource = &xmlReference{ID: c.SourceLUID, Name: c.Source}
		}
		answer.Connections = append(answer.Connections, entry)
	}
	return tableauXML(http.StatusOK, tsResponse{Connections: answer})
}
