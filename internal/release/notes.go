package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	// released is the heading of a version: "## [1.2.3] - 2026-01-31" (https://keepachangelog.com).
	released = regexp.MustCompile(`^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$`)
	// definition is the target of a link, of which the end of a changelog has many.
	definition = regexp.MustCompile(`^\[[^\]]+\]: `)
)

// notes returns what a changelog says of the version that is tagged so, without its heading. A version without a heading,
// without a date, or without a word is an error: nobody should have to guess what a release changes.
func notes(changelog, tag string) (string, error) {
	if _, err := parseTag(tag); err != nil {
		return "", err
	}
	name := strings.TrimPrefix(tag, "v")
	var section []string
	inside, found := false, false
	for line := range strings.Lines(changelog) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "## ") {
			heading := released.FindStringSubmatch(line)
			inside = heading != nil && heading[1] == name
			if inside && found {
				return "", fmt.Errorf("failed to find the notes of %s: CHANGELOG.md has two sections of it", tag)
			}
			found = found || inside
			continue
		}
		if inside && !definition.MatchString(line) {
			section = append(section, line)
		}
	}
	if !found {
		return "", fmt.Errorf(`failed to find the notes of %s: CHANGELOG.md needs a heading "## [%s] - YYYY-MM-DD"`, tag, name)
	}
	text := strings.TrimSpace(strings.Join(section, "\n"))
	if text == "" {
		return "", fmt.Errorf("failed to find the notes of %s: its section in CHANGELOG.md is empty", tag)
	}
	return text, nil
}
