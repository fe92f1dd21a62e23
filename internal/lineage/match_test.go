package lineage_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/tableau"
)

// TestFind_spelling covers which of Tableau's spellings match a relation of dbt.
func TestFind_spelling(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		relation string
		// tables have the format of the function table. The first matchCount of them match.
		tables     []string
		matchCount int
	}{
		{name: "all_parts", relation: "PROD.SHOP.orders", matchCount: 1, tables: []string{
			"PROD | SHOP | orders | [SHOP].[orders]", "DEV | SHOP | orders | [SHOP].[orders]", "PROD | RAW | orders | [RAW].[orders]", "PROD | SHOP | customers",
		}},
		{name: "letter_case", relation: `"Prod"."shop"."Orders"`, matchCount: 3, tables: []string{
			"PROD | SHOP | ORDERS | [SHOP].[ORDERS]", "prod|shop|orders|[shop].[orders]", "pRod|sHop|oRders",
		}},
		{name: "quoting", relation: "prod.shop.orders", matchCount: 7, tables: []string{
			`||orders|"prod"."shop"."orders"`, "||orders|`prod`.`shop`.`orders`", "||orders|[prod].[shop].[orders]", "||orders|prod.shop.orders",
			"prod|shop|[orders]|[shop].[orders]", "prod|shop|[orders]", `prod||"shop"."orders"`,
			`||orders|"dev"."shop"."orders"`, "prod||[raw].[orders]",
		}},
		{name: "dots_inside_quotes", relation: `prod."a.b"."c.d"`, matchCount: 3, tables: []string{
			"prod|a.b|c.d|[a.b].[c.d]", "prod||c.d|[a.b].[c.d]", "||c.d|`prod`.`a.b`.`c.d`",
			"prod|b|c.d|[b].[c.d]", "prod|a.b|d|[a.b].[d]", "||d|a.b.c.d",
		}},
		{name: "dot_inside_a_name", relation: "prod.shop.orders", matchCount: 0, tables: []string{
			"prod||shop.orders|[shop.orders]", "prod|raw|shop.orders", "prod|raw|shop.orders|[raw].[shop.orders]",
		}},
		{name: "schema_inside_the_name", relation: "prod.shop.orders", matchCount: 5, tables: []string{
			"prod|shop|shop.orders", "prod|shop|[shop].[orders]", "prod|shop|shop.orders|[shop].[shop.orders]", "prod||shop.orders", "prod|shop|shop.orders|[shop].[orders]",
			"prod|raw|raw.orders", "dev|shop|shop.orders", "prod|shop|dev.shop.orders|[shop].[dev.shop.orders]",
		}},
		{name: "database_inside_the_name", relation: "dev.shop.orders", matchCount: 4, tables: []string{
			"prod|shop|dev.shop.orders|[shop].[dev.shop.orders]", "prod|shop|dev.shop.orders", "prod|shop|[dev.shop].[orders]|[dev.shop].[orders]", "prod||[dev.shop].[orders]",
			"dev|shop|prod.shop.orders", "dev|raw|dev.shop.orders", "dev|shop|[prod.shop].[orders]|[prod.shop].[orders]",
		}},
		{name: "database_inside_the_schema", relation: "PROD.SALES.customers", matchCount: 9, tables: []string{
			"RAW|SALES|CUSTOMERS|[PROD.SALES].[CUSTOMERS]", "RAW|PROD.SALES|CUSTOMERS|[PROD.SALES].[CUSTOMERS]", "RAW||CUSTOMERS|[PROD.SALES].[CUSTOMERS]",
			"|SALES|CUSTOMERS|[PROD.SALES].[CUSTOMERS]", `RAW|SALES|CUSTOMERS|"PROD.SALES"."CUSTOMERS"`, "RAW|SALES||`PROD.SALES`.`CUSTOMERS`",
			"RAW|SALES|CUSTOMERS|[PROD].[SALES].[CUSTOMERS]", "PROD|PROD.SALES|CUSTOMERS",
			"RAW|SALES|CUSTOMERS|[server].[PROD].[SALES].[CUSTOMERS]",
			"PROD|SALES|CUSTOMERS|[DEV.SALES].[CUSTOMERS]", "PROD||CUSTOMERS|[DEV.SALES].[CUSTOMERS]", "PROD|DEV.SALES|CUSTOMERS|[DEV.SALES].[CUSTOMERS]",
			"PROD|SALES|CUSTOMERS|[PROD.RAW].[CUSTOMERS]", "RAW|SALES|CUSTOMERS|[RAW].[PROD.SALES].[CUSTOMERS]", "RAW|SALES|CUSTOMERS|[SALES].[CUSTOMERS]",
			"RAW|.SALES|CUSTOMERS|[.SALES].[CUSTOMERS]", "RAW|SALES.|CUSTOMERS|[SALES.].[CUSTOMERS]",
		}},
		{name: "schema_with_a_dot", relation: `RAW."PROD.SALES".customers`, matchCount: 6, tables: []string{
			"RAW|PROD.SALES|CUSTOMERS|[PROD.SALES].[CUSTOMERS]", "RAW||CUSTOMERS|[PROD.SALES].[CUSTOMERS]", "RAW|PROD.SALES|CUSTOMERS",
			"|PROD.SALES|CUSTOMERS", "DEV||CUSTOMERS|[RAW].[PROD.SALES].[CUSTOMERS]", "|||[PROD.SALES].[CUSTOMERS]",
			"RAW|SALES|CUSTOMERS|[PROD.SALES].[CUSTOMERS]", "DEV|PROD.SALES|CUSTOMERS|[PROD.SALES].[CUSTOMERS]", "RAW|SALES|CUSTOMERS|[PROD].[SALES].[CUSTOMERS]",
		}},
		{name: "missing_database", relation: "prod.shop.orders", matchCount: 2, tables: []string{"|shop|orders", "||orders|[shop].[orders]", "|raw|orders"}},
		{name: "dbt_without_a_database", relation: "shop.orders", matchCount: 2, tables: []string{"|shop|orders", "prod|shop|orders", "prod|raw|orders"}},
		{name: "full_name_overrides", relation: "prod.shop.orders", matchCount: 2, tables: []string{
			"prod|wrong|orders|[shop].[orders]", "prod|wrong|[orders]|[shop].[orders]", "prod|shop|orders|[raw].[orders]", "prod|shop|orders|[dev].[shop].[orders]",
		}},
		{name: "full_name_of_another_table", relation: "prod.shop.orders", matchCount: 3, tables: []string{
			"prod|shop|orders|shop", "prod|shop|orders|[orders$]", `prod|shop|orders|"open`,
		}},
		{name: "only_full_name", relation: "prod.shop.orders", matchCount: 1, tables: []string{"|||[prod].[shop].[orders]", "|||[prod].[shop].[customers]"}},
		{name: "hidden", relation: "prod.shop.orders", matchCount: 0, tables: []string{"||", "prod|shop|"}},
		{name: "bigquery", relation: "`my-project`.`shop`.`orders`", matchCount: 10, tables: []string{
			"my-project|shop|orders|[shop].[orders]|bigquery", "|my-project.shop|orders|[my-project.shop].[orders]|bigquery", "other||orders|[my-project.shop].[orders]|googlebigquery",
			"My Project|shop|orders|[shop].[orders]|bigquery", "My Project|shop|orders||bigquery", "My Project|shop|orders|[My Project.shop].[orders]|bigquery",
			"My Project|shop|orders|[My Project].[shop].[orders]|bigquery", "My Project|shop|orders|[my-project.shop].[orders]|bigquery",
			"my-proj|shop|orders|[shop].[orders]|bigquery", "my-proj|shop|orders|[orders]|bigquery",
			"my-project||orders|[other.shop].[orders]|bigquery", "my-project|shop|orders|[other].[shop].[orders]|bigquery", "My Project|raw|orders|[raw].[orders]|bigquery",
			"My Project|shop|orders|[shop].[orders]|snowflake",
		}},
		{name: "bigquery_project_of_a_domain", relation: "`a.example.com:my-project`.`shop`.`orders`", matchCount: 2, tables: []string{
			"other||orders|[a.example.com:my-project.shop].[orders]|bigquery", "My Project|shop|orders||bigquery",
			"other||orders|[example.com:my-project.shop].[orders]|bigquery",
		}},
		{name: "http_path", relation: "main.shop.orders", matchCount: 4, tables: []string{
			"/sql/1.0/warehouses/abc|shop|orders|[shop].[orders]|databricks", "sql/protocolv1/o/0/0123-456|shop|orders||spark",
			"/sql/1.0/warehouses/abc|shop|orders|[main.shop].[orders]|databricks", "/sql/1.0/warehouses/abc|shop|orders|[main].[shop].[orders]|databricks",
			"/sql/1.0/warehouses/abc|raw|orders|[raw].[orders]|databricks", "/sql/1.0/warehouses/abc|shop|orders|[dev.shop].[orders]|databricks",
		}},
		{name: "two_levels", relation: "awsdatacatalog.shop.orders", matchCount: 5, tables: []string{
			"other|shop|orders||athena", "shop||orders|[orders]|hadoophive", "other|shop|orders|[shop].[orders]|mysql_odbc",
			"other|wrong|orders|[awsdatacatalog.shop].[orders]|athena", "|shop|orders||athena",
			"crm||orders|[orders]|mysql", "other|shop|orders|[shop].[orders]|postgres",
		}},
		{name: "not_ascii", relation: "prod.vertrieb.UMSÄTZE", matchCount: 1, tables: []string{"prod|Vertrieb|umsätze", "prod|Vertrieb|umsatze"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for i, text := range tc.tables {
				got, _ := find(builtNodes(t, tc.relation), table(text))
				if matched := got != ""; matched != (i < tc.matchCount) {
					t.Errorf("%s and table %q: matched is %t", tc.relation, text, matched)
				}
			}
		})
	}
}

// TestFind_uncertainMatches checks that there is a warning if the parts of a match are also those of another table.
func TestFind_uncertainMatches(t *testing.T) {
	t.Parallel()

	const ambiguous, nameOnly = "several databases match", "matched only by name"
	cases := []struct {
		name   string
		built  []string
		tables []string
		found  string
		// warning is a part of the only warning; "" for none.
		warning string
	}{
		{"all_parts", []string{"prod.shop.orders"}, []string{"prod|shop|orders", "dev|shop|orders"}, "a", ""},
		{"one_database", []string{"prod.shop.orders"}, []string{"|shop|orders", "prod|shop|orders"}, "ab", ""},
		{"two_databases_in_tableau", []string{"prod.shop.orders"}, []string{"|shop|orders", "dev|shop|orders"}, "a", ambiguous},
		{"two_databases_in_dbt", []string{"prod.shop.orders", "dev.shop.orders"}, []string{"|shop|orders"}, "a", ambiguous},
		{"no_database_in_dbt_and_two_in_tableau", []string{"shop.orders"}, []string{"prod|shop|orders", "dev|shop|orders"}, "ab", ambiguous},
		{"no_database_in_dbt_and_one_in_tableau", []string{"shop.orders"}, []string{"prod|shop|orders"}, "a", ""},
		{"no_schema", []string{"prod.shop.orders"}, []string{"||orders"}, "a", nameOnly},
		{"no_schema_in_two_databases", []string{"prod.shop.orders"}, []string{"prod||orders", "dev||orders"}, "a", nameOnly},
		{"schema_inside_the_name", []string{"prod.shop.orders"}, []string{"prod||shop.orders"}, "a", ""},
		{"display_name", []string{"my-project.shop.orders"}, []string{"My Project|shop|orders||bigquery"}, "a", ""},
		{"display_names", []string{"my-project.shop.orders"}, []string{"My Project|shop|orders||bigquery", "Our Project|shop|orders||bigquery"}, "ab", ambiguous},
		{"display_name_and_its_project", []string{"my-project.shop.orders"}, []string{"my-project|shop|orders||bigquery", "My Project|shop|orders||bigquery"}, "ab", ambiguous},
		{"display_name_and_another_project", []string{"my-project.shop.orders"}, []string{"My Project|shop|orders||bigquery", "|shop|orders|[dev-project.shop].[orders]|bigquery"}, "a", ambiguous},
		{"display_name_like_another_project", []string{"my-project.shop.orders"}, []string{"|shop|orders|[my-project.shop].[orders]|bigquery", "dev-project|shop|orders||bigquery"}, "ab", ambiguous},
		{"projects_that_were_built", []string{"my-project.shop.orders", "dev-project.shop.orders"}, []string{"my-project|shop|orders||bigquery", "dev-project|shop|orders||bigquery"}, "ab", ""},
		{"http_path", []string{"main.shop.orders"}, []string{"/sql/1.0/warehouses/abc|shop|orders||databricks"}, "a", ""},
		{"http_paths", []string{"main.shop.orders"}, []string{"/sql/1.0/warehouses/abc|shop|orders||databricks", "/sql/1.0/warehouses/def|shop|orders||databricks"}, "ab", ambiguous},
		{"http_path_and_another_catalog", []string{"main.shop.orders"}, []string{"/sql/1.0/warehouses/abc|shop|orders||databricks", "|shop|orders|[dev.shop].[orders]|databricks"}, "a", ambiguous},
		{"two_levels_in_two_databases", []string{"awsdatacatalog.shop.orders"}, []string{"one|shop|orders||athena", "two|shop|orders||athena"}, "ab", ambiguous},
		{"database_inside_the_schema", []string{"prod.sales.orders"}, []string{"raw|sales|orders|[prod.sales].[orders]", "raw|sales|orders|[dev.sales].[orders]"}, "a", ""},
		{"other_tables_of_the_name", []string{"prod.shop.orders"}, []string{"prod|shop|orders", "|raw|orders", "dev|raw|orders"}, "a", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var tables []tableau.DatabaseTable
			for _, text := range tc.tables {
				tables = append(tables, table(text))
			}
			letters, warnings := find(builtNodes(t, tc.built...), tables...)
			if letters != tc.found {
				t.Errorf("found %q, want %q", letters, tc.found)
			}
			if got := strings.Join(warnings, "\n"); !strings.Contains(got, tc.warning) || (got == "") != (tc.warning == "") {
				t.Errorf("warnings %q, want one with %q", warnings, tc.warning)
			}
		})
	}
}

// TestTableNames covers the spellings to query for built nodes.
func TestTableNames(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		built []string
		want  string
	}{
		{"no_nodes", nil, ""},
		{"usual", []string{"ANALYTICS.MARTS.fct_orders"}, "ANALYTICS.MARTS.FCT_ORDERS ANALYTICS.MARTS.fct_orders FCT_ORDERS MARTS.FCT_ORDERS MARTS.fct_orders " +
			"[ANALYTICS.MARTS].[FCT_ORDERS] [ANALYTICS.MARTS].[fct_orders] [ANALYTICS].[MARTS].[FCT_ORDERS] [ANALYTICS].[MARTS].[fct_orders] [FCT_ORDERS] " +
			"[MARTS].[FCT_ORDERS] [MARTS].[fct_orders] [analytics.marts].[fct_orders] [analytics].[marts].[fct_orders] [fct_orders] [marts].[fct_orders] " +
			"analytics.marts.fct_orders fct_orders marts.fct_orders"},
		{"duplicates", []string{"b.c", "B.C"}, "B.C C [B].[C] [C] [b].[c] [c] b.c c"},
		{"no_schema_but_a_database", []string{"a..c"}, "C [C] [c] c"},
		{"no_schema", []string{"c"}, "C [C] [c] c"},
		{"brackets", []string{`"a]b"`}, "A]B [A]]B] [a]]b] a]b"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(lineage.TableNames(builtNodes(t, tc.built...)), " "); got != tc.want {
				t.Errorf("TableNames(%v):\n%s\nwant:\n%s", tc.built, got, tc.want)
			}
		})
	}
}
