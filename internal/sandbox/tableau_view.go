package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

type xmlViewList struct {
	Views []xmlView `xml:"view"`
}

// xmlView is a view in a list. It has no URL of its own: the URL of its page is derived from contentUrl.
type xmlView struct {
	ID          string        `xml:"id,attr"`
	Name        string        `xml:"name,attr"`
	ContentURL  string        `xml:"contentUrl,attr"`
	CreatedAt   string        `xml:"createdAt,attr"`
	UpdatedAt   string        `xml:"updatedAt,attr"`
	SheetType   string        `xml:"sheetType,attr"`
	ViewURLName string        `xml:"viewUrlName,attr"`
	Workbook    xmlReference  `xml:"workbook"`
	Owner       xmlReference  `xml:"owner"`
	Project     *xmlReference `xml:"project"`
	Tags        xmlTags       `xml:"tags"`
}

// view is one of a workbook's views.
type view struct {
	workbook  Item
	number    int
	name, url string
}

func (i Item) views() []view {
	var views []view
	for n, name := range i.Views {
		views = append(views, view{i, n, name, urlName(name)})
	}
	if len(views) == 0 {
		views = []view{{i, 0, "Overview", "Overview"}}
	}
	return views
}

func (v view) luid() string       { return fmt.Sprintf("d150%04d", v.number) + v.workbook.LUID[8:] }
func (v view) contentURL() string { return v.workbook.contentURL() + "/sheets/" + v.url }

func (v view) reference() xmlReference {
	return xmlReference{ID: v.luid(), Name: v.name, ContentURL: v.contentURL()}
}

// listViews handles Query Views for Site of the Tableau REST API.
func (t *tableauServer) listViews(r *http.Request, _ time.Time) reply {
	var views []view
	for _, item := range visible(t.site.Workbooks) {
		views = append(views, item.views()...)
	}
	return t.viewList(r, views)
}

// workbookViews handles Query Views for Workbook of the Tableau REST API.
func (t *tableauServer) workbookViews(r *http.Request, _ time.Time) reply {
	item := t.item(t.site.Workbooks, r)
	if item == nil {
		return itemNotFound(kindWorkbook, r)
	}
	return t.viewList(r, item.views())
}

func (t *tableauServer) viewList(r *http.Request, views []view) reply {
	return listReply(r, views, t.viewFields(), func(views []view, answer *tsResponse) {
		answer.Views = &xmlViewList{}
		for _, v := range views {
			answer.Views.Views = append(answer.Views.Views, t.viewXML(v))
		}
	})
}

func (t *tableauServer) viewXML(v view) xmlView {
	answer := xmlView{
		ID: v.luid(), Name: v.name, ContentURL: v.contentURL(), ViewURLName: v.url, SheetType: "dashboard",
		CreatedAt: formatXMLTime(t.itemCreated()), UpdatedAt: formatXMLTime(t.itemUpdated()),
		Workbook: xmlReference{ID: v.workbook.LUID}, Owner: xmlReference{ID: userLUID}, Tags: tagsXML(v.workbook),
	}
	if v.workbook.Project != "" {
		answer.Project = &xmlReference{ID: v.workbook.Project}
	}
	return answer
}

func (t *tableauServer) viewFields() fields[view] {
	return fields[view]{
		"name":         singleValue(func(v view) string { return v.name }),
		"contentUrl":   singleValue(view.contentURL),
		"viewUrlName":  singleValue(func(v view) string { return v.url }),
		"sheetType":    singleValue(func(view) string { return "dashboard" }),
		"workbookName": singleValue(func(v view) string { return v.workbook.Name }),
		"projectName":  singleValue(func(v view) string { return t.projectName(v.workbook.Project) }),
		"ownerName":    singleValue(func(view) string { return ownerName }),
		"tags":         func(v view) []string { return slices.Clone(v.workbook.Tags) },
	}
}
