package artifact

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Relation is a table or view in the warehouse, with unquoted parts. An unknown database or schema is ""; Name is never
// empty. A project or catalog is a database here, and a dataset is a schema.
type Relation struct {
	Database, Schema, Name string
}

// quotes maps each opening quote to its closing one, which is doubled inside of a quoted name.
var quotes = map[byte]byte{'"': '"', '`': '`', '[': ']'}

// ParseRelation parses a relation as warehouses quote it: parts separated by dots, each bare or quoted with `"`, "`", or
// "[]". Of more than three parts, the last three are used. Parts can be empty ("db..table"), but not the name.
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

// cutPart cuts off the first part; the text after it starts with a dot or is empty.
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

// cutQuoted cuts off a quoted name from a text that starts after the opening quote.
func cutQuoted(text string, closing byte) (name, after string, err error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, closing)
		if i < 0 {
			return "", "", errors.New("a quote is not closed")
		}
		b.WriteString(text[:i])
		text = text[i+1:]
		if text == "" || text[0] != closing {
			return b.String(), text, nil
		}
		b.WriteByte(closing)
		text = text[1:]
	}
}

// FoldCase returns the relation in folded case, for comparisons between the spellings of the warehouse, dbt, and Tableau.
func (r Relation) FoldCase() Relation {
	return Relation{Database: fold(r.Database), Schema: fold(r.Schema), Name: fold(r.Name)}
}

// fold converts to upper case first, because some letters have several lower-case forms.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// String returns the relation with parts quoted by `"` only if necessary. [ParseRelation] parses it back.
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

// WithDefaults returns the relation with its empty parts taken from another relation.
func (r Relation) WithDefaults(other Relation) Relation {
	return Relation{
		Database: cmp.Or(r.Database, other.Database),
		Schema:   cmp.Or(r.Schema, other.Schema),
		Name:     cmp.Or(r.Name, other.Name),
	}
}
