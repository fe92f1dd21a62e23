package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// xmlItem is a workbook or a data source. Some attributes belong to one of them, some are told only on request.
type xmlItem struct {
	ID                  string        `xml:"id,attr"`
	Name                string        `xml:"name,attr"`
	Description         *string       `xml:"description,attr"`
	ContentURL          string        `xml:"contentUrl,attr"`
	WebpageURL          string        `xml:"webpageUrl,attr"`
	ShowTabs            string        `xml:"showTabs,attr,omitempty"`
	Type                string        `xml:"type,attr,omitempty"`
	Size                int           `xml:"size,attr"`
	CreatedAt           string        `xml:"createdAt,attr"`
	UpdatedAt           string        `xml:"updatedAt,attr"`
	EncryptExtracts     string        `xml:"encryptExtracts,attr"`
	HasExtracts         *bool         `xml:"hasExtracts,attr"`
	IsCertified         *bool         `xml:"isCertified,attr"`
	UseRemoteQueryAgent *bool         `xml:"useRemoteQueryAgent,attr"`
	Project             *xmlReference `xml:"project"`
	Location            *xmlReference `xml:"location"`
	Owner               xmlReference  `xml:"owner"`
	Tags                xmlTags       `xml:"tags"`
	Views               *xmlViews     `xml:"views"`
}

type xmlTags struct {
	Tags []xmlTag `xml:"tag"`
}

type xmlTag struct {
	Label string `xml:"label,attr"`
}

type xmlViews struct {
	Views []xmlReference `xml:"view"`
}

func (t *tableauServer) itemFields() fields[Item] {
	return fields[Item]{
		"name":        one(func(i Item) string { return i.Name }),
		"contentUrl":  one(Item.contentURL),
		"projectName": one(func(i Item) string { return t.projectName(i.Project) }),
		"tags":        func(i Item) []string { return i.Tags },
		"hasExtracts": one(func(i Item) string { return strconv.FormatBool(!i.Live) }),
		"createdAt":   one(func(Item) string { return xmlTime(t.itemCreated()) }),
		"updatedAt":   one(func(Item) string { return xmlTime(t.itemUpdated()) }),
		"ownerName":   one(func(Item) string { return ownerName }),
	}
}

func (t *tableauServer) itemCreated() time.Time { return t.start.AddDate(0, -8, 0) }
func (t *tableauServer) itemUpdated() time.Time { return t.start.AddDate(0, 0, -3) }

func (t *tableauServer) itemXML(kind itemKind, item Item, base string) xmlItem {
	answer := xmlItem{
		ID: item.LUID, Name: item.Name, ContentURL: item.contentURL(), WebpageURL: base + t.webpage(kind, item), Size: 3,
		CreatedAt: xmlTime(t.itemCreated()), UpdatedAt: xmlTime(t.itemUpdated()), EncryptExtracts: "false",
		Owner: xmlReference{ID: userLUID},
	}
	for _, tag := range item.Tags {
		answer.Tags.Tags = append(answer.Tags.Tags, xmlTag{tag})
	}
	if item.Project == "" {
		answer.Location = &xmlReference{ID: userLUID, Name: ownerName, Type: "PersonalSpace"}
	} else {
		answer.Project = &xmlReference{ID: item.Project, Name: t.projectName(item.Project)}
		answer.Location = &xmlReference{ID: item.Project, Name: answer.Project.Name, Type: "Project"}
	}
	if kind == kindWorkbook {
		answer.ShowTabs = "true"
	} else {
		answer.Type = "snowflake"
		answer.IsCertified = new(false)
		answer.HasExtracts = new(!item.Live)
		answer.UseRemoteQueryAgent = &item.Bridge
	}
	return answer
}

// listXML is an item as the lists have it. Only they can be asked for all fields, hasExtracts of a workbook among them.
func (t *tableauServer) listXML(kind itemKind, item Item, r *http.Request) xmlItem {
	answer := t.itemXML(kind, item, baseURL(r))
	if r.URL.Query().Get("fields") == "_all_" {
		answer.HasExtracts = new(!item.Live)
		answer.Description = new("")
	}
	return answer
}

// webpage is the path of the item's page, with the number that a browser shows.
func (t *tableauServer) webpage(kind itemKind, item Item) string {
	site := ""
	if t.site.ContentURL != "" {
		site = "site/" + t.site.ContentURL + "/"
	}
	return "/#/" + site + string(kind) + "s/" + strconv.Itoa(item.Number)
}

// contentURL is the item's name in addresses: letters, digits and what joins them.
func (i Item) contentURL() string {
	if i.ContentURL != "" {
		return i.ContentURL
	}
	return strings.Map(func(c rune) rune {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			return c
		}
		return -1
	}, i.Name)
}
