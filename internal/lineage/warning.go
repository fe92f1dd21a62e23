package lineage

import (
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
)

// warnings say what the result may lack, and what may be in it for no reason.
func (f *finder) warnings(built int, result Result) []string {
	var all []string
	if len(result.Items) == 0 {
		all = append(all, nothing(built, f.matched, result))
	}
	if result.HiddenCount > 0 {
		all = append(all, fmt.Sprintf("what reads the relations that were built is not refreshed as far as it is hidden from the signed-in user (items: %d); "+
			"let that user view it", result.HiddenCount))
	}
	if doubtful := f.doubtful[ambiguous]; len(doubtful) > 0 {
		all = append(all, "there are tables of the same schema and name in more than one database, and either dbt or Tableau does not say "+
			"in which; what reads any that it may be is taken: "+list(doubtful))
	}
	if doubtful := f.doubtful[nameOnly]; len(doubtful) > 0 {
		all = append(all, "matched by the name alone, since either dbt or Tableau does not say in which schema: "+list(doubtful))
	}
	return append(all, f.known.Warnings...)
}

// nothing says why there is nothing to refresh.
func nothing(built, matched int, result Result) string {
	switch {
	case built == 0:
		return "the run has built no relation that anything could read"
	case matched == 0:
		return fmt.Sprintf("Tableau knows none of the relations that were built, %d in all; or it withholds them: the signed-in user must "+
			"be allowed to view the tables and what reads them", built)
	case len(result.WithoutExtract) > 0:
		return fmt.Sprintf("nothing that reads the relations that were built has an extract of its own; live: %d", len(result.WithoutExtract))
	case result.HiddenCount > 0:
		return "all that reads the relations that were built is hidden"
	}
	return "Tableau knows relations that were built, but nothing reads them"
}

// mostListed is how many relations a warning names.
const mostListed = 10

func list(relations []artifact.Relation) string {
	var all []string
	for _, relation := range relations[:min(len(relations), mostListed)] {
		all = append(all, relation.String())
	}
	if more := len(relations) - mostListed; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}
