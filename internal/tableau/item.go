package tableau

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// collection returns the path element of a content type.
func collectionPath(t content.Type) string { return string(t) + "s" }

// Item is a workbook, a data source or a flow.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
type Item struct {
	Type content.Type `xml:"-"`
	ID   string       `xml:"id,attr"`
	Name string       `xml:"name,attr"`
	// ContentURL is the item's name in addresses; "" for a flow.
	ContentURL string `xml:"contentUrl,attr"`
	// URL is the item's page.
	URL string `xml:"webpageUrl,attr"`
	// HasExtracts is said by lists alone.
	HasExtracts OptionalBool `xml:"hasExtracts,attr"`
	// Bridge is true for a data source that Tableau Bridge may refresh.
	UsesBridge bool `xml:"useRemoteQueryAgent,attr"`
	// Project is empty for what lies in a personal space.
	Project struct {
		ID   string `xml:"id,attr"`
		Name string `xml:"name,attr"`
	} `xml:"project"`
	Tags []struct {
		Label string `xml:"label,attr"`
	} `xml:"tags>tag"`
}

// Live reports whether Tableau says that there is no extract to refresh.
func (i Item) HasNoExtract() bool { return i.HasExtracts == BoolFalse }

// Answer is what Tableau says to a question that it need not answer.
type OptionalBool int

// The answers. Anything that is neither true nor false, such as nothing, is none.
const (
	BoolUnknown OptionalBool = iota
	BoolTrue
	BoolFalse
)

// UnmarshalXMLAttr never fails.
func (a *OptionalBool) UnmarshalXMLAttr(attr xml.Attr) error {
	*a = BoolUnknown
	switch yes, err := strconv.ParseBool(strings.TrimSpace(attr.Value)); {
	case err != nil:
	case yes:
		*a = BoolTrue
	default:
		*a = BoolFalse
	}
	return nil
}

// UnmarshalJSON never fails.
func (a *OptionalBool) UnmarshalJSON(data []byte) error {
	*a = map[string]OptionalBool{"true": BoolTrue, "false": BoolFalse}[string(data)]
	return nil
}

func (i Item) hasTag(label string) bool {
	for _, tag := range i.Tags {
		if tag.Label == label {
			return true
		}
	}
	return false
}

// Item reads a workbook, data source or flow by its LUID.
func (c *Client) Item(ctx context.Context, contentType content.Type, luid string, retry rest.RetryTimes) (Item, error) {
	r := rest.Request{Operation: fmt.Sprintf("get %s %s", contentType.Noun(), luid), Retry: retry}
	response, err := call[itemResponse](ctx, c, r, collectionPath(contentType), luid)
	item := cmp.Or(response.Workbook, response.Datasource, response.Flow)
	if item == nil {
		return Item{}, err
	}
	item.Type = contentType
	return *item, err
}

type itemResponse struct {
	Workbook   *Item `xml:"workbook"`
	Datasource *Item `xml:"datasource"`
	Flow       *Item `xml:"flow"`
}

func (a *itemResponse) validate() error {
	if item := cmp.Or(a.Workbook, a.Datasource, a.Flow); item == nil || item.ID == "" {
		return errors.New("it has no item")
	}
	return nil
}
