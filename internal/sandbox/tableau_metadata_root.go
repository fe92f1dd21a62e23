package sandbox

func (c *catalog) allTables() []*tableNode       { return c.tables }
func (c *catalog) allQueries() []*queryNode      { return c.queries }
func (c *catalog) allWorkbooks() []*workbookNode { return c.workbooks }
func (c *catalog) allSources() []*sourceNode     { return c.sources }

// The roots of a query, each as a whole list and in pages.

func (m *metadataRoot) DatabaseTables(args listArgs) ([]*tableNode, error) {
	return find(m, "databaseTables", (*catalog).allTables, args)
}

func (m *metadataRoot) DatabaseTablesConnection(args pageArgs) (*connection[*tableNode], error) {
	return pageOf(m, "databaseTablesConnection", (*catalog).allTables, args)
}

func (m *metadataRoot) CustomSQLTables(args listArgs) ([]*queryNode, error) {
	return find(m, "customSQLTables", (*catalog).allQueries, args)
}

func (m *metadataRoot) CustomSQLTablesConnection(args pageArgs) (*connection[*queryNode], error) {
	return pageOf(m, "customSQLTablesConnection", (*catalog).allQueries, args)
}

func (m *metadataRoot) Workbooks(args listArgs) ([]*workbookNode, error) {
	return find(m, "workbooks", (*catalog).allWorkbooks, args)
}

func (m *metadataRoot) WorkbooksConnection(args pageArgs) (*connection[*workbookNode], error) {
	return pageOf(m, "workbooksConnection", (*catalog).allWorkbooks, args)
}

func (m *metadataRoot) PublishedDatasources(args listArgs) ([]*sourceNode, error) {
	return find(m, "publishedDatasources", (*catalog).allSources, args)
}

func (m *metadataRoot) PublishedDatasourcesConnection(args pageArgs) (*connection[*sourceNode], error) {
	return pageOf(m, "publishedDatasourcesConnection", (*catalog).allSources, args)
}
