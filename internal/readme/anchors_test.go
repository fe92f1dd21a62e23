package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	headingPattern    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	anchorPattern     = regexp.MustCompile(`<a id="([^"]+)"`)
	linkedTextPattern = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// anchors returns the anchors of a document: those that GitHub generates for its headings, and those in its text.
func anchors(text string) []string {
	text = codeBlockPattern.ReplaceAllString(text, "")
	var all []string
	for _, found := range headingPattern.FindAllStringSubmatch(text, -1) {
		slug := slug(linkedTextPattern.ReplaceAllString(found[1], "$1"))
		unique := slug
		for i := 1; slices.Contains(all, unique); i++ {
			unique = fmt.Sprintf("%s-%d", slug, i)
		}
		all = append(all, unique)
	}
	for _, found := range anchorPattern.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
