package selector

import (
	"errors"
	"strings"
)

// allItems and allItemsBelow are the last part of a Project. In any other place, they have to be escaped.
const (
	allItems      = "*"
	allItemsBelow = "**"
)

var (
	// escapes replaces the escapes by what they stand for.
	escapes = strings.NewReplacer(`\\`, `\`, `\/`, `/`, `\*`, `*`, `\`+tagPrefix, tagPrefix)
	// knownEscapes removes the escapes, so that only invalid backslashes are left.
	knownEscapes = strings.NewReplacer(`\\`, "", `\/`, "", `\*`, "", `\`+tagPrefix, "")
)

// parsePath parses a path, a name, or a Project. A name that starts like another form has to be escaped, or to follow a
// project.
func parsePath(entry string) (Selector, error) {
	text, anchored := strings.CutPrefix(entry, "/")
	parts := splitPath(text)
	s := Selector{Kind: Path, Anchored: anchored}
	if last := parts[len(parts)-1]; last == allItems || last == allItemsBelow {
		s.Kind, s.Recursive = Project, last == allItemsBelow
		parts = parts[:len(parts)-1]
	}
	var err error
	s.Path, err = unescape(parts)
	switch {
	case err != nil:
		return Selector{}, err
	case s.Kind == Project && len(parts) == 0:
		return Selector{}, errors.New(`* needs a project before it: write Project/* for everything in a project`)
	case s.Kind == Path && anchored && len(parts) == 1:
		return Selector{}, errors.New("a path that starts with / needs a project before the name: write /Project/Name, or the name alone")
	case s.Kind == Path && !anchored && len(parts) == 1 && isMistypedLUID(s.Path[0]):
		return Selector{}, errors.New("this looks like a LUID but is not one: a LUID has 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12; if it is a name, put its project before it")
	}
	return s, nil
}

// splitPath splits a path at its slashes, except for escaped ones.
func splitPath(text string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '/':
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// unescape returns the names that the parts of a path stand for.
func unescape(parts []string) ([]string, error) {
	var names []string
	for _, part := range parts {
		switch {
		case strings.TrimSpace(part) == "":
			return nil, errors.New(`a path must not have an empty part: write \/ for a slash that belongs to a name`)
		case part == allItems || part == allItemsBelow:
			return nil, errors.New(`* can only be the last part of a path, as in Project/*: write \* for a project with this name`)
		}
		if strings.Contains(knownEscapes.Replace(part), `\`) {
			return nil, errors.New(`a backslash must be written \\ (it only stands before /, \, *, and tag:)`)
		}
		names = append(names, escapes.Replace(part))
	}
	return names, nil
}
