package sandbox

// metadataSchema is the part of the Metadata API's schema that is about lineage.
// https://help.tableau.com/current/api/metadata_api/en-us/reference/index.html
const metadataSchema = `
schema { query: Query }

enum PermissionMode { FILTER_RESULTS OBFUSCATE_RESULTS }

type Query {
	databaseTables(filter: DatabaseTable_Filter, permissionMode: PermissionMode): [DatabaseTable!]!
	databaseTablesConnection(first: Int, after: String, offset: Int, filter: DatabaseTable_Filter, permissionMode: PermissionMode): DatabaseTablesConnection
	customSQLTables(filter: CustomSQLTable_Filter, permissionMode: PermissionMode): [CustomSQLTable!]!
	customSQLTablesConnection(first: Int, after: String, offset: Int, filter: CustomSQLTable_Filter, permissionMode: PermissionMode): CustomSQLTablesConnection
	workbooks(filter: Workbook_Filter, permissionMode: PermissionMode): [Workbook!]!
	workbooksConnection(first: Int, after: String, offset: Int, filter: Workbook_Filter, permissionMode: PermissionMode): WorkbooksConnection
	publishedDatasources(filter: PublishedDatasource_Filter, permissionMode: PermissionMode): [PublishedDatasource!]!
	publishedDatasourcesConnection(first: Int, after: String, offset: Int, filter: PublishedDatasource_Filter, permissionMode: PermissionMode): PublishedDatasourcesConnection
}

input DatabaseTable_Filter {
	id: ID
	idWithin: [ID]
	luid: String
	luidWithin: [String]
	name: String
	nameWithin: [String]
	fullName: String
	fullNameWithin: [String]
	schema: String
	schemaWithin: [String]
	isEmbedded: Boolean
}

input CustomSQLTable_Filter {
	id: ID
	idWithin: [ID]
	name: String
	nameWithin: [String]
}

input Workbook_Filter {
	id: ID
	idWithin: [ID]
	luid: String
	luidWithin: [String]
	name: String
	nameWithin: [String]
	projectName: String
	projectNameWithin: [String]
}

input PublishedDatasource_Filter {
	id: ID
	idWithin: [ID]
	luid: String
	luidWithin: [String]
	name: String
	nameWithin: [String]
	projectName: String
	projectNameWithin: [String]
}

type PageInfo { hasNextPage: Boolean! endCursor: String }
type DatabaseTablesConnection { nodes: [DatabaseTable!]! pageInfo: PageInfo! totalCount: Int! }
type CustomSQLTablesConnection { nodes: [CustomSQLTable!]! pageInfo: PageInfo! totalCount: Int! }
type WorkbooksConnection { nodes: [Workbook!]! pageInfo: PageInfo! totalCount: Int! }
type PublishedDatasourcesConnection { nodes: [PublishedDatasource!]! pageInfo: PageInfo! totalCount: Int! }

interface Database { id: ID! luid: String name: String connectionType: String }
type DatabaseServer implements Database { id: ID! luid: String name: String connectionType: String }

type DatabaseTable {
	id: ID!
	luid: String
	name: String
	fullName: String
	schema: String
	connectionType: String
	isEmbedded: Boolean
	database: Database
	downstreamWorkbooks: [Workbook!]!
	downstreamDatasources: [PublishedDatasource!]!
	referencedByQueries: [CustomSQLTable!]!
}

type CustomSQLTable {
	id: ID!
	name: String
	query: String
	connectionType: String
	isUnsupportedCustomSql: Boolean
	tables: [DatabaseTable!]!
	downstreamWorkbooks: [Workbook!]!
	downstreamDatasources: [PublishedDatasource!]!
}

type Workbook {
	id: ID!
	luid: String
	name: String
	projectName: String
	projectLuid: String
	vizportalUrlId: String
	containsUnsupportedCustomSql: Boolean
	upstreamDatasources: [PublishedDatasource!]!
	upstreamTables: [DatabaseTable!]!
	embeddedDatasources: [EmbeddedDatasource!]!
}

type PublishedDatasource {
	id: ID!
	luid: String
	name: String
	projectName: String
	projectLuid: String
	vizportalUrlId: String
	hasExtracts: Boolean
	containsUnsupportedCustomSql: Boolean
	upstreamTables: [DatabaseTable!]!
	downstreamWorkbooks: [Workbook!]!
}

type EmbeddedDatasource {
	id: ID!
	name: String
	hasExtracts: Boolean
	containsUnsupportedCustomSql: Boolean
	workbook: Workbook
	upstreamDatasources: [PublishedDatasource!]!
	upstreamTables: [DatabaseTable!]!
}
`
