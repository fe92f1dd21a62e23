package sandbox

import "context"

func (c *catalog) allTables() []*tableNode       { return c.tables }
func (c *catalog) allQueries() []*queryNode      { return c.queries }
func (c *catalog) allWorkbooks() []*workbookNode { return c.workbooks }
func (c *catalog) allSources() []*sourceNode     { return c.sources }

// The roots of queries, each as a complete list and in pages.

func (*metadataRoot) DatabaseTables(ctx context.Context, args listArgs) ([]*tableNode, error) {
	return findObjects(queryOf(ctx), "databaseTables", (*catalog).allTables, args)
}

func (*metadataRoot) DatabaseTablesConnection(ctx context.Context, args pageArgs) (*connection[*tableNode], error) {
	return findPage(queryOf(ctx), "databaseTablesConnection", (*catalog).allTables, args)
}

func (*metadataRoot) CustomSQLTables(ctx context.Context, args listArgs) ([]*queryNode, error) {
	return findObjects(queryOf(ctx), "customSQLTables", (*catalog).allQueries, args)
}

func (*metadataRoot) CustomSQLTablesConnection(ctx context.Context, args pageArgs) (*connection[*queryNode], error) {
	return findPage(queryOf(ctx), "customSQLTablesConnection", (*catalog).allQueries, args)
}

func (*metadataRoot) Workbooks(ctx context.Context, args listArgs) ([]*workbookNode, error) {
	return findObjects(queryOf(ctx), "workbooks", (*catalog).allWorkbooks, args)
}

func (*metadataRoot) WorkbooksConnection(ctx context.Context, args pageArgs) (*connection[*workbookNode], error) {
	return findPage(queryOf(ctx), "workbooksConnection", (*catalog).allWorkbooks, args)
}

func (*metadataRoot) PublishedDatasources(ctx context.Context, args listArgs) ([]*sourceNode, error) {
	return findObjects(queryOf(ctx), "publishedDatasources", (*catalog).allSources, args)
}

func (*metadataRoot) PublishedDatasourcesConnection(ctx context.Context, args pageArgs) (*connection[*sourceNode], error) {
	return findPage(queryOf(ctx), "publishedDatasourcesConnection", (*catalog).allSources, args)
}
