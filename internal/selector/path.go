package selector

import (
	"errors"
	"strings"
)

// parsePath parses a path or a name. A name that starts like another form has to be escaped, or to follow a project.
func parsePath(entry string) (Selector, error) {
	text, anchored := strings.CutPrefix(entry, "/")
	names, err := splitPath(text)
	switch {
	case err != nil:
		return Selector{}, err
	case anchored && len(names) == 1:
		return Selector{}, errors.New("a path that starts with / needs a project before the name: write /Project/Name, or the name alone")
	case !anchored && len(names) == 1 && isMistypedLUID(names[0]):
		return Selector{}, errors.New("this looks like a LUID but is not one: a LUID has 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12; if it is a name, put its project before it")
	}
	return Selector{Kind: Path, Path: names, Anchored: anchored}, nil
}

// splitPath splits a path at its slashes and unescapes the names.
func splitPath(text string) ([]string, error) {
	var names []string
	var name strings.Builder
	for text != "" {
		switch {
		case text[0] == '/':
			names = append(names, name.String())
			name.Reset()
			text = text[1:]
		case text[0] != '\\':
			name.WriteByte(text[0])
			text = text[1:]
		case strings.HasPrefix(text, `\/`), strings.HasPrefix(text, `\\`):
			name.WriteByte(text[1])
			text = text[2:]
		case strings.HasPrefix(text, `\`+tagPrefix):
			name.WriteString(tagPrefix)
			text = text[1+len(tagPrefix):]
		default:
			return nil, errors.New(`a backslash must be written \\ (it only stands before /, \ and tag:)`)
		}
	}
	names = append(names, name.String())
	for _, name := range names {
		if strings.TrimSpace(name) == "" {
			return nil, errors.New(`a path must not have an empty part: write \/ for a slash that belongs to a name`)
		}
	}
	return names, nil
}
