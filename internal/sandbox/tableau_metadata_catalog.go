package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// catalog is the content of the Metadata API. Each list is sorted by ID.
type catalog struct {
	projects     map[string]string
	visibleOnly  bool
	tableByValue map[Table]*tableNode
	byLUID       map[string]*sourceNode
	tables       []*tableNode
	queries      []*queryNode
	workbooks    []*workbookNode
	sources      []*sourceNode
}

// newCatalog derives a catalog from a site. With visibleOnly, it omits hidden objects and everything that is only reachable through
// them.
func newCatalog(site Site, seenOnly bool) *catalog {
	c := &catalog{projects: map[string]string{}, visibleOnly: seenOnly, tableByValue: map[Table]*tableNode{}, byLUID: map[string]*sourceNode{}}
	for _, p := range site.Projects {
		c.projects[p.LUID] = p.Name
	}
	for _, item := range site.DataSources {
		if !seenOnly || !item.Hidden {
			c.addSource(item)
		}
	}
	for _, item := range site.Workbooks {
		if !seenOnly || !item.Hidden {
			c.addWorkbook(item)
		}
	}
	sortNodes(c.tables)
	sortNodes(c.queries)
	sortNodes(c.workbooks)
	sortNodes(c.sources)
	return c
}

func (c *catalog) addSource(item Item) {
	n := &sourceNode{itemNode: c.itemNode(item)}
	c.sources = append(c.sources, n)
	c.byLUID[item.LUID] = n
	for _, table := range n.tables {
		table.sources = append(table.sources, n)
	}
	for _, query := range c.addQueries(item) {
		query.sources = append(query.sources, n)
	}
}

func (c *catalog) addWorkbook(item Item) {
	n := &workbookNode{itemNode: c.itemNode(item)}
	c.workbooks = append(c.workbooks, n)
	if len(item.Tables)+len(item.Queries) > 0 || len(item.Reads) == 0 {
		n.embedded = append(n.embedded, &embeddedNode{
			metadataNode: newNode("", item.source(), item.Hidden, "embedded", item.LUID), workbook: n,
			hasExtracts: !item.Live, hasUnparsedSQL: item.hasUnparsedQuery(), tables: slices.Clone(n.tables),
		})
	}
	for _, luid := range item.Reads {
		if source := c.byLUID[luid]; source != nil {
			n.addDataSource(source)
		}
	}
	for _, table := range n.tables {
		table.workbooks = append(table.workbooks, n)
	}
	for _, query := range c.addQueries(item) {
		query.workbooks = append(query.workbooks, n)
	}
}

// addDataSource connects the workbook to a published data source, and so to its tables.
func (n *workbookNode) addDataSource(source *sourceNode) {
	n.sources = append(n.sources, source)
	source.workbooks = append(source.workbooks, n)
	n.embedded = append(n.embedded, &embeddedNode{
		metadataNode: newNode("", source.name, n.hidden || source.hidden, "embedded", n.luid, source.luid), workbook: n,
		sources: []*sourceNode{source}, tables: source.tables,
	})
	for _, table := range source.tables {
		if !slices.Contains(n.tables, table) {
			n.tables = append(n.tables, table)
		}
	}
}

func (c *catalog) itemNode(item Item) itemNode {
	return itemNode{
		metadataNode: newNode(item.LUID, item.Name, item.Hidden, "item", item.LUID),
		item:         item, project: c.projects[item.Project], tables: c.tableNodes(item.Tables),
	}
}

// addQueries adds nodes for an item's custom SQL. The tables of a query are not upstream tables of the item.
func (c *catalog) addQueries(item Item) []*queryNode {
	var added []*queryNode
	for i, query := range item.Queries {
		n := &queryNode{
			metadataNode: newNode("", "Custom SQL Query", item.Hidden, "query", item.LUID, strconv.Itoa(i)),
			text:         query.Text, tables: c.tableNodes(query.Tables),
		}
		for _, table := range n.tables {
			table.queries = append(table.queries, n)
		}
		added = append(added, n)
	}
	c.queries = append(c.queries, added...)
	return added
}

func (c *catalog) tableNodes(tables []Table) []*tableNode {
	var nodes []*tableNode
	for _, table := range tables {
		if c.visibleOnly && table.Hidden {
			continue
		}
		key := []string{table.connectionType(), table.Database, table.Schema, table.Name, table.FullName}
		n := c.tableByValue[table]
		if n == nil {
			n = &tableNode{metadataNode: newNode(hashLUID(append(key, "luid")...), table.Name, table.Hidden, key...), table: table}
			c.tableByValue[table] = n
			c.tables = append(c.tables, n)
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func sortNodes[T interface{ node() *metadataNode }](nodes []T) {
	slices.SortFunc(nodes, func(a, b T) int { return cmp.Compare(a.node().id, b.node().id) })
}

func (t Table) connectionType() string { return cmp.Or(t.ConnectionType, "snowflake") }

func (t Table) fullName() string {
	if t.FullName != "" {
		return t.FullName
	}
	return strings.TrimPrefix("["+t.Schema+"].["+t.Name+"]", "[].")
}

// source returns the name of the data source in a workbook.
func (i Item) source() string {
	if len(i.Connections) > 0 {
		return i.Connections[0].Source
	}
	return i.Name
}

func (i Item) hasUnparsedQuery() bool {
	return slices.ContainsFunc(i.Queries, func(q Query) bool { return len(q.Tables) == 0 })
}
