package artifact

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Relation is a table or a view in the warehouse, by the bare names of its parts. A part that is not known is empty;
// the name is not. What a warehouse calls project, catalog or dataset is here a database or a schema.
type Relation struct {
	Database, Schema, Name string
}

// quotes are the ways to open a quoted name, with what closes it. Inside, the closing character is written twice.
var quotes = map[byte]byte{'"': '"', '`': '`', '[': ']'}

// ParseRelation reads a relation as a warehouse quotes it: up to three parts, parted by dots, each bare or quoted by any of
// `"`, "`" and "[]". Of more than three parts the last three count. A part may be empty ("db..table"), but not the name.
func ParseRelation(text string) (Relation, error) {
	var parts [3]string
	for rest := strings.TrimSpace(text); ; {
		part, after, err := cutPart(rest)
		if err != nil {
			return Relation{}, fmt.Errorf("failed to parse relation %q: %w", text, err)
		}
		parts = [3]string{parts[1], parts[2], part}
		if after == "" {
			break
		}
		rest = strings.TrimSpace(after[len("."):])
	}
	if parts[2] == "" {
		return Relation{}, fmt.Errorf("failed to parse relation %q: it has no name", text)
	}
	return Relation{Database: parts[0], Schema: parts[1], Name: parts[2]}, nil
}

// cutPart takes the first part off; what is after it begins with a dot, or is empty.
func cutPart(text string) (part, after string, err error) {
	if text == "" || quotes[text[0]] == 0 {
		part, _, _ = strings.Cut(text, ".")
		return strings.TrimSpace(part), text[len(part):], nil
	}
	part, after, err = cutQuoted(text[1:], quotes[text[0]])
	after = strings.TrimSpace(after)
	if err == nil && after != "" && after[0] != '.' {
		err = fmt.Errorf("no dot after %q", part)
	}
	return part, after, err
}

// cutQuoted takes a quoted name off a text that begins behind its opening quote.
func cutQuoted(text string, end byte) (name, after string, err error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, end)
		if i < 0 {
			return "", "", errors.New("a quote is not closed")
		}
		b.WriteString(text[:i])
		text = text[i+1:]
		if text == "" || text[0] != end {
			return b.String(), text, nil
		}
		b.WriteByte(end)
		text = text[1:]
	}
}

// Fold returns the relation without its letter case, for comparing what a warehouse, dbt and Tableau each write their own way.
func (r Relation) FoldCase() Relation {
	return Relation{Database: fold(r.Database), Schema: fold(r.Schema), Name: fold(r.Name)}
}

// fold goes by way of upper case: some letters have several small forms.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// String is the relation as people write it, quoted by `"` only where it must be. [ParseRelation] reads it back.
func (r Relation) String() string {
	text := quote(r.Name)
	if r.Schema != "" || r.Database != "" {
		text = quote(r.Schema) + "." + text
	}
	if r.Database != "" {
		text = quote(r.Database) + "." + text
	}
	return text
}

func quote(name string) string {
	if strings.TrimSpace(name) == name && !strings.ContainsAny(name, ".\"`[]") {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Or fills the parts that are empty from another relation.
func (r Relation) WithDefaults(other Relation) Relation {
	return Relation{
		Database: cmp.Or(r.Database, other.Database),
		Schema:   cmp.Or(r.Schema, other.Schema),
		Name:     cmp.Or(r.Name, other.Name),
	}
}
