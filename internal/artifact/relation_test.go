package artifact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
)

func TestParseRelation(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		text string
		want artifact.Relation
	}{
		{"bare", `DBT_CLOUD_TEST.JAFFLE_SHOP.orders`, artifact.Relation{Database: "DBT_CLOUD_TEST", Schema: "JAFFLE_SHOP", Name: "orders"}},
		{"double_quotes", `"jaffle_shop"."main"."orders"`, artifact.Relation{Database: "jaffle_shop", Schema: "main", Name: "orders"}},
		{"backticks", "`your-project`.`elementary`.`dbt_columns`", artifact.Relation{Database: "your-project", Schema: "elementary", Name: "dbt_columns"}},
		{"brackets", `[db].[dbo].[Order Details]`, artifact.Relation{Database: "db", Schema: "dbo", Name: "Order Details"}},
		{"mixed", "db.\"main\".`orders`", artifact.Relation{Database: "db", Schema: "main", Name: "orders"}},
		{"two_parts", `analytics.customers`, artifact.Relation{Schema: "analytics", Name: "customers"}},
		{"one_part", `customers`, artifact.Relation{Name: "customers"}},
		{"four_parts", `server.db.dbo.orders`, artifact.Relation{Database: "db", Schema: "dbo", Name: "orders"}},
		{"default_schema", `db..orders`, artifact.Relation{Database: "db", Name: "orders"}},
		{"dots_inside_quotes", "\"a.b\".[c.d].`e.f`", artifact.Relation{Database: "a.b", Schema: "c.d", Name: "e.f"}},
		{"doubled_quotes", "\"a\"\"b\".[c]]d].`e``f`", artifact.Relation{Database: `a"b`, Schema: "c]d", Name: "e`f"}},
		{"other_quotes_inside", "\"a]`b\".[c\"d].`[e]`", artifact.Relation{Database: "a]`b", Schema: `c"d`, Name: "[e]"}},
		{"quote_inside_a_bare_name", `a"b.c[d]`, artifact.Relation{Schema: `a"b`, Name: "c[d]"}},
		{"space", ` "a" . b . c `, artifact.Relation{Database: "a", Schema: "b", Name: "c"}},
		{"space_inside_quotes", `" a "`, artifact.Relation{Name: " a "}},
		{"not_ascii", `"Vertrieb"."Größe"."売上"`, artifact.Relation{Database: "Vertrieb", Schema: "Größe", Name: "売上"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, ok := artifact.ParseRelation(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || !ok {
				t.Errorf("ParseRelation(%q) (-want +got):\n%s", tc.text, diff)
			}
		})
	}
}

func TestParseRelation_invalid(t *testing.T) {
	t.Parallel()

	cases := []struct{ name, text string }{
		{"empty", ""},
		{"only_space", "  "},
		{"no_name", "db.schema."},
		{"empty_quotes", `db.""`},
		{"unclosed_quote", `db."orders`},
		{"unclosed_after_a_doubled_quote", `"orders""`},
		{"no_dot", `"db""schema"orders`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := artifact.ParseRelation(tc.text); ok || got != (artifact.Relation{}) {
				t.Errorf("ParseRelation(%q) = %v, %t, want none", tc.text, got, ok)
			}
		})
	}
}

func TestRelation_FoldCase(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		a, b string
		want bool
	}{
		{"letter_case", `PROD.SHOP.ORDERS`, `"prod"."Shop"."orders"`, true},
		{"quoting", "`prod`.`shop`.`orders`", `[prod].[shop].[orders]`, true},
		{"sharp_s", "ΣΑΣ.GRÖSSE", "σας.größe", false},
		{"final_sigma", "ΣΑΣ", "σας", true},
		{"umlaut", "UMSÄTZE", "umsätze", true},
		{"dot_inside_a_name", `"shop.orders"`, `shop.orders`, false},
		{"another_schema", `prod.shop.orders`, `prod.shop2.orders`, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, b := parseRelation(t, tc.a).FoldCase(), parseRelation(t, tc.b).FoldCase()
			if got := a == b; got != tc.want {
				t.Errorf("%v == %v is %t, want %t", a, b, got, tc.want)
			}
		})
	}
}

func TestRelation_String(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		relation artifact.Relation
		want     string
	}{
		{"bare", artifact.Relation{Database: "PROD", Schema: "SHOP", Name: "orders"}, "PROD.SHOP.orders"},
		{"with_a_space", artifact.Relation{Schema: "SHOP", Name: "Order Details"}, "SHOP.Order Details"},
		{"with_a_dot", artifact.Relation{Schema: "SHOP", Name: "orders.v2"}, `SHOP."orders.v2"`},
		{"with_a_quote", artifact.Relation{Name: `a"b`}, `"a""b"`},
		{"without_a_schema", artifact.Relation{Database: "db", Name: "orders"}, "db..orders"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.relation.String()); diff != "" {
				t.Errorf("String() (-want +got):\n%s", diff)
			}
		})
	}
}

func parseRelation(t *testing.T, text string) artifact.Relation {
	t.Helper()
	relation, ok := artifact.ParseRelation(text)
	if !ok {
		t.Fatalf("ParseRelation(%q) failed", text)
	}
	return relation
}
