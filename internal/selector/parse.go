package selector

import (
	"errors"
	"fmt"
	"strings"
)

const tagPrefix = "tag:"

// ParseLine reads one line of a Tableau list: one entry, or several LUIDs parted by commas.
// A comma is part of the name in every other entry, because Tableau allows it in names.
func ParseLine(line string) ([]Selector, error) {
	parts := luidParts(line)
	if len(parts) == 0 {
		s, err := Parse(line)
		if err != nil {
			return nil, err
		}
		return []Selector{s}, nil
	}

	selectors := make([]Selector, 0, len(parts))
	for i, part := range parts {
		if !isLUID(part) {
			return nil, fmt.Errorf("entry %d of the line is not a LUID: only LUIDs may be parted by commas, write anything else on a line of its own", i+1)
		}
		selectors = append(selectors, Selector{Kind: LUID, LUID: strings.ToLower(part)})
	}
	return selectors, nil
}

// luidParts gives what the commas of a line part, if a LUID is among it.
func luidParts(line string) []string {
	var parts []string
	found := false
	for part := range strings.SplitSeq(line, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
			found = found || isLUID(part)
		}
	}
	if !found {
		return nil
	}
	return parts
}

// Parse reads one entry. It fails on an entry that has none of the forms, and on one that
// is all but certainly a mistyped LUID. The error does not repeat the entry.
func Parse(entry string) (Selector, error) {
	entry = strings.TrimSpace(entry)
	switch label, tagged := strings.CutPrefix(entry, tagPrefix); {
	case entry == "":
		return Selector{}, errors.New("an entry must not be empty")
	case isLUID(entry):
		return Selector{Kind: LUID, LUID: strings.ToLower(entry)}, nil
	case isAddress(entry):
		return parseAddress(entry)
	case tagged:
		return parseTag(label)
	default:
		return parsePath(entry)
	}
}

func parseTag(label string) (Selector, error) {
	label = strings.TrimSpace(label)
	if label == "" {
		return Selector{}, errors.New("tag: needs a label after it")
	}
	return Selector{Kind: Tag, Tag: label}, nil
}
