package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	// versionHeadingPattern matches the heading of a version: "## [1.2.3] - 2026-01-31" (https://keepachangelog.com).
	versionHeadingPattern = regexp.MustCompile(`^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$`)
	// linkDefinitionPattern matches the link definitions at the end of a changelog.
	linkDefinitionPattern = regexp.MustCompile(`^\[[^\]]+\]: `)
)

// notes returns the section of a tag's version in a changelog, without its heading. It returns an error if the section has no
// heading, no date, or no text.
func notes(changelog, tag string) (string, error) {
	if _, err := parseTag(tag); err != nil {
		return "", err
	}
	number := strings.TrimPrefix(tag, "v")
	var section []string
	inside, found := false, false
	for line := range strings.Lines(changelog) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "## ") {
			heading := versionHeadingPattern.FindStringSubmatch(line)
			inside = heading != nil && heading[1] == number
			if inside && found {
				return "", fmt.Errorf("failed to find the notes of %s: CHANGELOG.md has two sections of it", tag)
			}
			found = found || inside
			continue
		}
		if inside && !linkDefinitionPattern.MatchString(line) {
			section = append(section, line)
		}
	}
	if !found {
		return "", fmt.Errorf(`failed to find the notes of %s: CHANGELOG.md needs a heading "## [%s] - YYYY-MM-DD"`, tag, number)
	}
	text := strings.TrimSpace(strings.Join(section, "\n"))
	if text == "" {
		return "", fmt.Errorf("failed to find the notes of %s: its section in CHANGELOG.md is empty", tag)
	}
	return text, nil
}
