package sandbox

import (
	"fmt"
	"strings"
)

// name returns the name in the unique ID, without the hash of a test.
func (n Node) name() string {
	parts := strings.Split(n.UniqueID, ".")
	return parts[2]
}

// logLine returns the line that dbt prints when the node is done.
func (n Node) logLine() string {
	isTest := strings.HasPrefix(n.UniqueID, "test.")
	what, result := n.name(), n.Message
	verb := map[string]string{
		"pass": "PASS", "fail": fmt.Sprintf("FAIL %d", n.Failures), "warn": fmt.Sprintf("WARN %d", n.Failures), "success": "OK created sql table model", "error": "ERROR creating sql table model",
		"skipped": "SKIP relation",
	}[n.Status]
	switch {
	case isTest && n.Status == "pass":
		result = "PASS"
	case n.Status == "error":
		result = "ERROR"
	case n.Status == "fail", n.Status == "warn":
		result = verb
	case n.Status == "skipped":
		if isTest {
			return padWithDots("SKIP test "+what) + " [SKIP]"
		}
		return padWithDots("SKIP relation "+strings.TrimPrefix(n.Relation, "ANALYTICS.")) + " [SKIP]"
	}
	if !isTest {
		what = strings.TrimPrefix(n.Relation, "ANALYTICS.")
	}
	return padWithDots(verb+" "+what) + fmt.Sprintf(" [%s in %.2fs]", result, n.Duration.Seconds())
}

// failureLines returns the errors and warnings that dbt repeats at the end of its log. An error of the database is one event.
func failureLines(nodes []Node) []string {
	var lines []string
	for _, n := range nodes {
		path := "(models/marts/" + n.name() + ".sql)"
		switch n.Status {
		case "error":
			message := strings.ReplaceAll(n.Message, "\n", "\n  ")
			lines = append(lines, "", "Failure in model "+n.name()+" "+path, "  Database Error in model "+n.name()+" "+path+"\n  "+message)
		case "fail":
			lines = append(lines, "", "Failure in test "+n.name()+" (models/marts/schema.yml)", "  "+n.Message)
		case "warn":
			lines = append(lines, "", "Warning in test "+n.name()+" (models/marts/schema.yml)", n.Message)
		}
	}
	return append(lines, "")
}

func padWithDots(text string) string {
	return text + " " + strings.Repeat(".", max(3, 66-len(text)))
}
