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

// collectionPath returns the path element of a content type, such as "workbooks".
func collectionPath(t content.Type) string { return string(t) + "s" }

// Item is a workbook, a published data source, or a flow. ID is its LUID.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
type Item struct {
	Type content.Type `xml:"-"`
	ID   string       `xml:"id,attr"`
	Name string       `xml:"name,attr"`
	// ContentURL is the item's name in URLs; "" for a flow.
	ContentURL string `xml:"contentUrl,attr"`
	// URL is the item's page.
	URL string `xml:"webpageUrl,attr"`
	// HasExtracts is reported only by lists.
	HasExtracts OptionalBool `xml:"hasExtracts,attr"`
	// UsesBridge is true for a data source that Tableau Bridge might refresh.
	UsesBridge bool `xml:"useRemoteQueryAgent,attr"`
	// Project is empty for an item in a personal space.
	Project struct {
		ID   string `xml:"id,attr"`
		Name string `xml:"name,attr"`
	} `xml:"project"`
	Tags []struct {
		Label string `xml:"label,attr"`
	} `xml:"tags>tag"`
	// Parameters are those of a flow. Lists do not include them.
	Parameters []struct {
		Name       string `xml:"name,attr"`
		IsRequired bool   `xml:"isRequired,attr"`
	} `xml:"parameters>parameter"`
}

// HasNoExtract reports whether Tableau reported that the item has no extract to refresh.
func (i Item) HasNoExtract() bool { return i.HasExtracts == BoolFalse }

// OptionalBool is a boolean that Tableau does not always report. Its zero value is BoolUnknown.
type OptionalBool int

// The values of an OptionalBool. Every text that is neither true nor false is BoolUnknown.
const (
	BoolUnknown OptionalBool = iota
	BoolTrue
	BoolFalse
)

// UnmarshalXMLAttr implements [xml.UnmarshalerAttr]. It never fails.
func (b *OptionalBool) UnmarshalXMLAttr(attr xml.Attr) error {
	*b = BoolUnknown
	switch value, err := strconv.ParseBool(strings.TrimSpace(attr.Value)); {
	case err != nil:
	case value:
		*b = BoolTrue
	default:
		*b = BoolFalse
	}
	return nil
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]. It never fails.
func (b *OptionalBool) UnmarshalJSON(data []byte) error {
	*b = map[string]OptionalBool{"true": BoolTrue, "false": BoolFalse}[string(data)]
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

// Item requests a workbook, published data source, or flow by its LUID.
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

func (r *itemResponse) validate() error {
	if item := cmp.Or(r.Workbook, r.Datasource, r.Flow); item == nil || item.ID == "" {
		return errors.New("it has no item")
	}
	return nil
}
