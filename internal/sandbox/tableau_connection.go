package sandbox

import (
	"fmt"
	"net/http"
	"slices"
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

// workbookConnections handles Query Workbook Connections of the Tableau REST API. The data source in a connection is the
// one in the workbook, even for a published data source: its ID is found nowhere else.
func (t *tableauServer) workbookConnections(r *http.Request, _ time.Time) reply {
	return t.connections(kindWorkbook, t.item(t.site.Workbooks, r), r)
}

// dataSourceConnections handles Query Data Source Connections of the Tableau REST API.
func (t *tableauServer) dataSourceConnections(r *http.Request, _ time.Time) reply {
	return t.connections(kindDataSource, t.item(t.site.DataSources, r), r)
}

func (t *tableauServer) connections(kind itemKind, item *Item, r *http.Request) reply {
	if item == nil {
		return itemNotFound(kind, r)
	}
	answer := &xmlConnections{}
	for _, c := range append(slices.Clone(item.Connections), t.publishedConnections(*item)...) {
		entry := xmlConnection{ID: c.LUID, Type: c.Type, ServerAddress: c.Server, UserName: c.Username, EmbedPassword: new(c.Username != "")}
		if c.Source != "" {
			entry.DataSource = &xmlReference{ID: c.SourceLUID, Name: c.Source}
		}
		answer.Connections = append(answer.Connections, entry)
	}
	return tableauXML(http.StatusOK, tsResponse{Connections: answer})
}

// publishedConnections returns the connections of a workbook to published data sources of the site. They have the name of
// the published data source, and nothing else in common with it.
func (t *tableauServer) publishedConnections(item Item) []Connection {
	var connections []Connection
	for i, luid := range item.Reads {
		_, source := t.target(luid)
		connections = append(connections, Connection{
			LUID: fmt.Sprintf("c0%06d", i) + item.LUID[8:], Type: "sqlproxy", Server: "localhost",
			Source: source.Name, SourceLUID: fmt.Sprintf("b0%06d", i) + item.LUID[8:],
		})
	}
	return connections
}
