package tableau

import (
	"context"
	"errors"
	"fmt"

	"dbt-tableau-refresh/internal/rest"
)

// Kind is a kind of content.
type Kind string

// The kinds of content that have extracts.
const (
	Workbook   Kind = "workbook"
	Datasource Kind = "datasource"
)

// collection is the kind's name in paths.
func (k Kind) collection() string { return string(k) + "s" }

// noun is the kind's name for people.
func (k Kind) noun() string {
	if k == Datasource {
		return "data source"
	}
	return string(k)
}

// Item is a workbook or a data source.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
type Item struct {
	Kind Kind   `xml:"-"`
	ID   string `xml:"id,attr"`
	Name string `xml:"name,attr"`
	// URL is the item's page.
	URL string `xml:"webpageUrl,attr"`
	// HasExtracts is nil when Tableau does not say.
	HasExtracts *bool `xml:"hasExtracts,attr"`
	// Project is empty for what lies in a personal space.
	Project struct {
		ID   string `xml:"id,attr"`
		Name string `xml:"name,attr"`
	} `xml:"project"`
}

// Item reads a workbook or data source by its LUID.
func (c *Client) Item(ctx context.Context, kind Kind, luid string) (Item, error) {
	r := rest.Request{Operation: fmt.Sprintf("get %s %s", kind.noun(), luid), Patience: rest.Preflight}
	answer, err := call[itemAnswer](ctx, c, r, kind.collection(), luid)
	item := answer.Workbook
	if kind == Datasource {
		item = answer.Datasource
	}
	item.Kind = kind
	return item, err
}

type itemAnswer struct {
	Workbook   Item `xml:"workbook"`
	Datasource Item `xml:"datasource"`
}

func (a *itemAnswer) check() error {
	if a.Workbook.ID == "" && a.Datasource.ID == "" {
		return errors.New("it has no item")
	}
	return nil
}
