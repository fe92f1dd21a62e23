package sandbox

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/graph-gophers/graphql-go"
)

// metadataNode is common to all objects of the Metadata API. Of a hidden object only the ID and the connections are
// returned.
type metadataNode struct {
	id, luid, name string
	hidden         bool
}

// newNode derives the ID of the node from the key, so that the order by ID is arbitrary.
func newNode(luid, name string, hidden bool, key ...string) metadataNode {
	return metadataNode{id: hashLUID(key...), luid: luid, name: name, hidden: hidden}
}

func hashLUID(key ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func (n *metadataNode) node() *metadataNode { return n }

// unlessHidden returns nil for an attribute of a hidden object, and for an empty one.
func (n *metadataNode) unlessHidden(value string) *string {
	if n.hidden || value == "" {
		return nil
	}
	return &value
}

func (n *metadataNode) ID() graphql.ID { return graphql.ID(n.id) }
func (n *metadataNode) Luid() *string  { return n.unlessHidden(n.luid) }
func (n *metadataNode) Name() *string  { return n.unlessHidden(n.name) }

// tableNode is a DatabaseTable.
type tableNode struct {
	metadataNode
	table     Table
	workbooks []*workbookNode
	sources   []*sourceNode
	queries   []*queryNode
}

func (n *tableNode) FullName() *string       { return n.unlessHidden(n.table.fullName()) }
func (n *tableNode) Schema() *string         { return n.unlessHidden(n.table.Schema) }
func (n *tableNode) ConnectionType() *string { return new(n.table.connectionType()) }
func (n *tableNode) IsEmbedded() *bool       { return new(false) }

// Database returns nil if it is unknown.
func (n *tableNode) Database() *databaseNode {
	if n.hidden || n.table.Database == "" {
		return nil
	}
	kind := n.table.connectionType()
	return &databaseNode{newNode(hashLUID("luid", kind, n.table.Database), n.table.Database, false, "database", kind, n.table.Database), kind}
}

func (n *tableNode) DownstreamWorkbooks() []*workbookNode { return n.workbooks }
func (n *tableNode) DownstreamDatasources() []*sourceNode { return n.sources }
func (n *tableNode) ReferencedByQueries() []*queryNode    { return n.queries }

// databaseNode is a DatabaseServer.
type databaseNode struct {
	metadataNode
	connectionType string
}

func (n *databaseNode) ConnectionType() *string                 { return &n.connectionType }
func (n *databaseNode) ToDatabaseServer() (*databaseNode, bool) { return n, true }

// queryNode is a CustomSQLTable.
type queryNode struct {
	metadataNode
	text      string
	tables    []*tableNode
	workbooks []*workbookNode
	sources   []*sourceNode
}

func (n *queryNode) Query() *string                       { return n.unlessHidden(n.text) }
func (n *queryNode) ConnectionType() *string              { return new("snowflake") }
func (n *queryNode) IsUnsupportedCustomSql() *bool        { return new(len(n.tables) == 0) }
func (n *queryNode) Tables() []*tableNode                 { return n.tables }
func (n *queryNode) DownstreamWorkbooks() []*workbookNode { return n.workbooks }
func (n *queryNode) DownstreamDatasources() []*sourceNode { return n.sources }

// itemNode is common to workbooks and published data sources.
type itemNode struct {
	metadataNode
	item    Item
	project string
	tables  []*tableNode
}

func (n *itemNode) ProjectName() *string                { return n.unlessHidden(n.project) }
func (n *itemNode) ProjectLuid() *string                { return n.unlessHidden(n.item.Project) }
func (n *itemNode) VizportalUrlId() *string             { return n.unlessHidden(strconv.Itoa(n.item.Number)) }
func (n *itemNode) ContainsUnsupportedCustomSql() *bool { return new(n.item.hasUnparsedQuery()) }
func (n *itemNode) UpstreamTables() []*tableNode        { return n.tables }

// workbookNode is a Workbook.
type workbookNode struct {
	itemNode
	sources  []*sourceNode
	embedded []*embeddedNode
}

func (n *workbookNode) UpstreamDatasources() []*sourceNode   { return n.sources }
func (n *workbookNode) EmbeddedDatasources() []*embeddedNode { return n.embedded }

// sourceNode is a PublishedDatasource.
type sourceNode struct {
	itemNode
	workbooks []*workbookNode
}

func (n *sourceNode) HasExtracts() *bool                   { return new(!n.item.Live) }
func (n *sourceNode) DownstreamWorkbooks() []*workbookNode { return n.workbooks }

// embeddedNode is an EmbeddedDatasource: that of the workbook itself, or its connection to a published one.
type embeddedNode struct {
	metadataNode
	hasExtracts, hasUnparsedSQL bool
	workbook                    *workbookNode
	sources                     []*sourceNode
	tables                      []*tableNode
}

func (n *embeddedNode) HasExtracts() *bool                  { return &n.hasExtracts }
func (n *embeddedNode) ContainsUnsupportedCustomSql() *bool { return &n.hasUnparsedSQL }
func (n *embeddedNode) Workbook() *workbookNode             { return n.workbook }
func (n *embeddedNode) UpstreamDatasources() []*sourceNode  { return n.sources }
func (n *embeddedNode) UpstreamTables() []*tableNode        { return n.tables }
