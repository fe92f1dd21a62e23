package sandbox

import (
	"slices"
	"strconv"
	"strings"

	"github.com/graph-gophers/graphql-go"
)

// metadataFilter has the filters of all types; the schema restricts them. All of them must match.
type metadataFilter struct {
	ID                                        *graphql.ID
	IDWithin                                  *[]*graphql.ID
	Luid, Name, FullName, Schema, ProjectName *string
	LuidWithin, NameWithin, FullNameWithin    *[]*string
	SchemaWithin, ProjectNameWithin           *[]*string
	IsEmbedded                                *bool
}

// terms are the filters of a query, by name, with their values.
type terms map[string][]string

// match reports whether an object has one of the values for each filter.
func (t terms) match(attributes map[string]string) bool {
	for name, wanted := range t {
		if !slices.Contains(wanted, attributes[strings.TrimSuffix(name, "Within")]) {
			return false
		}
	}
	return true
}

// byName returns the filters that could reveal hidden names: all but those by ID.
func (t terms) byName() []string {
	var names []string
	for name := range t {
		if !strings.HasPrefix(name, "id") && !strings.HasPrefix(name, "luid") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (f *metadataFilter) terms() terms {
	found := terms{}
	if f == nil {
		return found
	}
	addTerm(found, "id", f.ID, f.IDWithin)
	addTerm(found, "luid", f.Luid, f.LuidWithin)
	addTerm(found, "name", f.Name, f.NameWithin)
	addTerm(found, "fullName", f.FullName, f.FullNameWithin)
	addTerm(found, "schema", f.Schema, f.SchemaWithin)
	addTerm(found, "projectName", f.ProjectName, f.ProjectNameWithin)
	if f.IsEmbedded != nil {
		found["isEmbedded"] = []string{strconv.FormatBool(*f.IsEmbedded)}
	}
	return found
}

func addTerm[T ~string](found terms, name string, value *T, within *[]*T) {
	if value != nil {
		found[name] = []string{string(*value)}
	}
	if within == nil {
		return
	}
	found[name+"Within"] = []string{}
	for _, v := range *within {
		if v != nil {
			found[name+"Within"] = append(found[name+"Within"], string(*v))
		}
	}
}

func (n *metadataNode) attributes() map[string]string {
	return map[string]string{"id": n.id, "luid": n.luid, "name": n.name}
}

func (n *tableNode) attributes() map[string]string {
	attributes := n.metadataNode.attributes()
	attributes["fullName"], attributes["schema"], attributes["isEmbedded"] = n.table.fullName(), n.table.Schema, "false"
	return attributes
}

func (n *itemNode) attributes() map[string]string {
	attributes := n.metadataNode.attributes()
	attributes["projectName"] = n.project
	return attributes
}
