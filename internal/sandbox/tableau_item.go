package sandbox

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// xmlItem is a workbook or a data source. Some attributes exist only for one of them, or only on request.
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
	IsPublished         *bool         `xml:"isPublished,attr"`
	ServerName          string        `xml:"serverName,attr,omitempty"`
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

// itemFields returns the fields that a list can be filtered by. Flows can't be filtered by extracts, content URL, or
// tags.
func (t *tableauServer) itemFields(kind itemKind) fields[Item] {
	known := fields[Item]{
		"name":        singleValue(func(i Item) string { return i.Name }),
		"projectName": singleValue(func(i Item) string { return t.projectName(i.Project) }),
		"createdAt":   singleValue(func(Item) string { return formatXMLTime(t.itemCreated()) }),
		"updatedAt":   singleValue(func(Item) string { return formatXMLTime(t.itemUpdated()) }),
		"ownerName":   singleValue(func(Item) string { return ownerName }),
	}
	if kind == kindFlow {
		known["projectId"] = singleValue(func(i Item) string { return i.Project })
		return known
	}
	known["contentUrl"] = singleValue(Item.contentURL)
	known["tags"] = func(i Item) []string { return i.Tags }
	known["hasExtracts"] = singleValue(func(i Item) string { return strconv.FormatBool(!i.Live) })
	known["ownerEmail"] = known["ownerName"]
	known["ownerDomain"] = singleValue(func(Item) string { return "external" })
	known["size"] = singleValue(func(Item) string { return strconv.Itoa(itemSize) })
	if kind == kindDataSource {
		known["isPublished"] = singleValue(func(Item) string { return "true" })
		known["isCertified"] = singleValue(func(Item) string { return "false" })
		known["connectionType"] = singleValue(Item.database)
		known["databaseName"] = func(i Item) []string { return tableParts(i, func(t Table) string { return t.Database }) }
		known["tableName"] = func(i Item) []string { return tableParts(i, func(t Table) string { return t.Name }) }
	}
	return known
}

func tableParts(item Item, part func(Table) string) []string {
	var parts []string
	for _, table := range item.Tables {
		parts = append(parts, part(table))
	}
	return parts
}

// itemSize is the size of every item in megabytes.
const itemSize = 3

func (t *tableauServer) itemCreated() time.Time { return t.start.AddDate(0, -8, 0) }
func (t *tableauServer) itemUpdated() time.Time { return t.start.AddDate(0, 0, -3) }

func (t *tableauServer) itemXML(kind itemKind, item Item, base string) xmlItem {
	answer := xmlItem{
		ID: item.LUID, Name: item.Name, ContentURL: item.contentURL(), WebpageURL: base + t.webpage(kind, item), Size: itemSize,
		CreatedAt: formatXMLTime(t.itemCreated()), UpdatedAt: formatXMLTime(t.itemUpdated()), EncryptExtracts: "false",
		Owner: xmlReference{ID: userLUID}, Tags: tagsXML(item),
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
		answer.Type = item.database()
		answer.IsCertified = new(false)
		answer.HasExtracts = new(!item.Live)
		answer.UseRemoteQueryAgent = &item.Bridge
	}
	return answer
}

// listXML returns an item of a list. Only lists can be requested with all fields, such as hasExtracts of a workbook.
func (t *tableauServer) listXML(kind itemKind, item Item, r *http.Request) xmlItem {
	answer := t.itemXML(kind, item, t.pageURL(r))
	if r.URL.Query().Get("fields") == "_all_" {
		if !item.ExtractsUnknown {
			answer.HasExtracts = new(!item.Live)
		}
		answer.Description = &item.Description
		if kind == kindDataSource {
			answer.IsPublished = new(true)
			answer.ServerName = item.server()
		}
	}
	return answer
}

// database returns Tableau's type of the database that an item uses.
func (i Item) database() string {
	if len(i.Connections) > 0 {
		return i.Connections[0].Type
	}
	return "snowflake"
}

func (i Item) server() string {
	if len(i.Connections) > 0 {
		return i.Connections[0].Server
	}
	return ""
}

func tagsXML(item Item) xmlTags {
	var tags xmlTags
	for _, label := range item.Tags {
		tags.Tags = append(tags.Tags, xmlTag{label})
	}
	return tags
}

func (t *tableauServer) pageURL(r *http.Request) string { return cmp.Or(t.site.PageURL, baseURL(r)) }

// webpage returns the path of the item's web page, which contains its number.
func (t *tableauServer) webpage(kind itemKind, item Item) string {
	site := ""
	if t.site.ContentURL != "" {
		site = "site/" + t.site.ContentURL + "/"
	}
	return "/#/" + site + string(kind) + "s/" + strconv.Itoa(item.Number)
}

// contentURL returns the name of the item in URLs.
func (i Item) contentURL() string {
	if i.ContentURL != "" {
		return i.ContentURL
	}
	return urlName(i.Name)
}

// urlName removes everything but letters and digits from a name.
func urlName(name string) string {
	return strings.Map(func(c rune) rune {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			return c
		}
		return -1
	}, name)
}
