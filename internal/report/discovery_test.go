package report

import (
	"fmt"
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
)

// TestDiscoveryLines lists each table and view, no matter how many there are, and how many items depend on each.
func TestDiscoveryLines(t *testing.T) {
	t.Parallel()

	const items, tables = maxListed + 100, 2000
	d := progress.Discovery{Run: "dbt run 7", Relations: tables, Unchanged: 3}
	for i := range items {
		d.Items = append(d.Items, progress.DiscoveredItem{Type: content.Workbook, Name: fmt.Sprintf("Book %d", i)})
	}
	for i := range tables {
		table := fmt.Sprintf("ANALYTICS.MARTS.A_TABLE_WITH_A_LONG_NAME_%d", i)
		for j := range i % 30 {
			item := &d.Items[(i+j)%items]
			item.Reasons = append(item.Reasons, table)
		}
		d.Tables = append(d.Tables, table)
	}
	lines := discoveryLines(d)
	summary := strings.ReplaceAll(page{res: progress.Result{Discovery: &d}}.discovery(), `\`, "")
	for name, text := range map[string]string{"log": strings.Join(lines, "\n"), "summary": summary} {
		found := map[string]bool{}
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,:<>|\n", r) }) {
			found[word] = true
		}
		for _, table := range d.Tables {
			if !found[table] {
				t.Errorf("%s is not in the %s", table, name)
			}
		}
	}
	for _, line := range lines {
		if len(line) > lineLimit {
			t.Errorf("a line has %d bytes, want at most %d: %s", len(line), lineLimit, line)
		}
	}
	if size := len(summary); size > summaryLimit {
		t.Errorf("the summary has %d bytes, want at most %d", size, summaryLimit)
	}
	if want := "dbt run 7 built 2000 tables and views and left 3 unchanged; 600 Tableau items depend on them"; !strings.Contains(summary, want) {
		t.Errorf("the summary does not contain %q", want)
	}
}
