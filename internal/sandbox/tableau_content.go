package sandbox

import (
	"net/http"
	"time"
)

type xmlWorkbooks struct {
	Items []xmlItem `xml:"workbook"`
}

type xmlDataSources struct {
	Items []xmlItem `xml:"datasource"`
}

// getWorkbook handles Query Workbook of the Tableau REST API.
func (t *tableauServer) getWorkbook(r *http.Request, _ time.Time) reply {
	item := t.item(t.site.Workbooks, r)
	if item == nil {
		return itemNotFound(kindWorkbook, r)
	}
	answer := t.itemXML(kindWorkbook, *item, t.pageURL(r))
	answer.Views = &xmlViews{}
	for _, v := range item.views() {
		answer.Views.Views = append(answer.Views.Views, v.reference())
	}
	return tableauXML(http.StatusOK, tsResponse{Workbook: &answer})
}

// getDataSource handles Query Data Source of the Tableau REST API.
func (t *tableauServer) getDataSource(r *http.Request, _ time.Time) reply {
	item := t.item(t.site.DataSources, r)
	if item == nil {
		return itemNotFound(kindDataSource, r)
	}
	answer := t.itemXML(kindDataSource, *item, t.pageURL(r))
	return tableauXML(http.StatusOK, tsResponse{DataSource: &answer})
}

// listWorkbooks handles Query Workbooks for Site of the Tableau REST API.
func (t *tableauServer) listWorkbooks(r *http.Request, _ time.Time) reply {
	return listReply(r, visible(t.site.Workbooks), t.itemFields(kindWorkbook), func(items []Item, answer *tsResponse) {
		answer.Workbooks = &xmlWorkbooks{}
		for _, item := range items {
			answer.Workbooks.Items = append(answer.Workbooks.Items, t.listXML(kindWorkbook, item, r))
		}
	})
}

// listDataSources handles Query Data Sources of the Tableau REST API.
func (t *tableauServer) listDataSources(r *http.Request, _ time.Time) reply {
	return listReply(r, visible(t.site.DataSources), t.itemFields(kindDataSource), func(items []Item, answer *tsResponse) {
		answer.DataSources = &xmlDataSources{}
		for _, item := range items {
			answer.DataSources.Items = append(answer.DataSources.Items, t.listXML(kindDataSource, item, r))
		}
	})
}

func visible(items []Item) []Item {
	return keep(items, func(item Item) bool { return !item.Hidden })
}

// item returns the item in the path, or nil if there is none or it is hidden.
func (t *tableauServer) item(items []Item, r *http.Request) *Item {
	for i := range items {
		if items[i].LUID == r.PathValue("item") && !items[i].Hidden {
			return &items[i]
		}
	}
	return nil
}

func itemNotFound(kind itemKind, r *http.Request) reply {
	name := r.PathValue("item")
	switch kind {
	case kindWorkbook:
		return tableauError(404006, "Resource Not Found", "Workbook '"+name+"' could not be found.")
	case kindDataSource:
		return tableauError(404004, "Resource Not Found", "Datasource '"+name+"' could not be found.")
	}
	return tableauError(404000, "Resource Not Found", "Flow '"+name+"' could not be found.")
}
