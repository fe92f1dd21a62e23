package selector

import (
	"errors"
	"fmt"
	"strings"
)

const tagPrefix = "tag:"

// ParseLine parses one line of a list: one entry, or several LUIDs separated by commas. In every other entry, a comma is
// part of the name, because Tableau allows it in names.
func ParseLine(line string) ([]Selector, error) {
	line = StripZeroWidth(line)
	luids := splitLUIDs(line)
	if len(luids) == 0 {
		s, err := Parse(line)
		if err != nil {
			return nil, err
		}
		return []Selector{s}, nil
	}

	selectors := make([]Selector, 0, len(luids))
	for i, luid := range luids {
		if !isLUID(luid) {
			return nil, fmt.Errorf("entry %d of the line is not a LUID: only LUIDs may be parted by commas, write anything else on a line of its own", i+1)
		}
		selectors = append(selectors, Selector{Kind: LUID, LUID: strings.ToLower(luid)})
	}
	return selectors, nil
}

// splitLUIDs returns the texts between the commas of a line if at least one of them is a LUID.
func splitLUIDs(line string) []string {
	var parts []string
	hasLUID := false
	for part := range strings.SplitSeq(line, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
			hasLUID = hasLUID || isLUID(part)
		}
	}
	if !hasLUID {
		return nil
	}
	return parts
}

// Parse parses one entry. It returns an error for an entry that has none of the forms, and for one that is almost certainly a
// mistyped LUID. The error does not repeat the entry.
func Parse(entry string) (Selector, error) {
	entry = strings.TrimSpace(StripZeroWidth(entry))
	switch tag, hasTagPrefix := strings.CutPrefix(entry, tagPrefix); {
	case entry == "":
		return Selector{}, errors.New("an entry must not be empty")
	case isLUID(entry):
		return Selector{Kind: LUID, LUID: strings.ToLower(entry)}, nil
	case isURL(entry):
		return parseURL(entry)
	case hasTagPrefix:
		return parseTag(tag)
	default:
		return parsePath(entry)
	}
}

func parseTag(tag string) (Selector, error) {
	tag = strings.TrimSpace(tag)
	if tag == "" {
		return Selector{}, errors.New("tag: needs a label after it")
	}
	return Selector{Kind: Tag, Tag: tag}, nil
}

// StripZeroWidth removes the characters that are invisible and have no width. They come with what is copied from a chat or a
// web page, and nobody can see why the text does not match.
func StripZeroWidth(text string) string {
	return zeroWidth.Replace(text)
}

var zeroWidth = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "")
