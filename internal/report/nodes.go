package report

import (
	"cmp"
	"fmt"
	"strings"
)

// nodes lists the models, tests and other nodes that failed, with what the database said.
func (p page) nodes() string {
	if len(p.res.Failures) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| | Failed in dbt | Type | Why |\n|---|---|---|---|\n")
	for i, f := range p.res.Failures {
		if i == listed || b.Len() > tableSize/2 {
			fmt.Fprintf(&b, "\n_%s more found no room here._\n", number(len(p.res.Failures)-i, "failure"))
			break
		}
		fmt.Fprintf(&b, "| ❌ | %s | %s | %s |\n", p.clean.Code(f.Name, nameLimit), p.clean.Markdown(strings.ReplaceAll(f.Type, "_", " "), nameLimit),
			p.clean.Markdown(cmp.Or(notes(f.Message), f.Status), errorLimit))
	}
	if len(p.res.Failures) > unfolded {
		return fold(number(len(p.res.Failures), "failure")+" in dbt", b.String())
	}
	return b.String()
}
