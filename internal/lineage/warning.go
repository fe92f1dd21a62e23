package lineage

import (
	"fmt"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

// warnings returns what the result might lack or contain unnecessarily, followed by Tableau's own warnings.
func (f *finder) warnings(builtCount int, result Result) []string {
	var all []string
	if len(result.Items) == 0 {
		all = append(all, emptyReason(builtCount, f.matchedCount, result))
	}
	if result.HiddenCount > 0 {
		all = append(all, fmt.Sprintf("what reads the relations that were built is not refreshed as far as it is hidden from the signed-in user (items: %d); "+
			"let that user view it", result.HiddenCount))
	}
	if relations := f.byKind[databaseAmbiguous]; len(relations) > 0 {
		all = append(all, "there are tables of the same schema and name in more than one database, and either dbt or Tableau does not say "+
			"in which; what reads any that it may be is taken: "+joinRelations(relations))
	}
	if relations := f.byKind[nameOnly]; len(relations) > 0 {
		all = append(all, "matched by the name alone, since either dbt or Tableau does not say in which schema: "+joinRelations(relations))
	}
	return append(all, f.lineage.Warnings...)
}

// emptyReason returns why there is nothing to refresh.
func emptyReason(builtCount, matchedCount int, result Result) string {
	switch {
	case builtCount == 0:
		return "the run has built no relation that anything could read"
	case matchedCount == 0:
		return fmt.Sprintf("Tableau knows none of the relations that were built, %d in all; or it withholds them: the signed-in user must "+
			"be allowed to view the tables and what reads them", builtCount)
	case len(result.WithoutExtract) > 0:
		return fmt.Sprintf("nothing that reads the relations that were built has an extract of its own; live: %d", len(result.WithoutExtract))
	case result.HiddenCount > 0:
		return "all that reads the relations that were built is hidden"
	}
	return "Tableau knows relations that were built, but nothing reads them"
}

// maxListed is how many relations a warning lists.
const maxListed = 10

func joinRelations(relations []artifact.Relation) string {
	var texts []string
	for _, relation := range relations {
		texts = append(texts, relation.String())
	}
	return progress.ShortList(texts, maxListed)
}
