package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// version is the version of a release (https://semver.org). There are no pre-releases.
type version struct{ major, minor, patch int }

// tagPattern matches a version tag: no leading zeros, and few enough digits for an int.
var tagPattern = regexp.MustCompile(`^v(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$`)

func parseTag(tag string) (version, error) {
	match := tagPattern.FindStringSubmatch(tag)
	if match == nil {
		return version{}, fmt.Errorf("failed to read the tag %q: a release is tagged vMAJOR.MINOR.PATCH, such as v1.2.3", tag)
	}
	var numbers [3]int
	for i := range numbers {
		// The pattern matches only numbers.
		numbers[i], _ = strconv.Atoi(match[i+1])
	}
	return version{numbers[0], numbers[1], numbers[2]}, nil
}

func (v version) compare(other version) int {
	return cmp.Or(cmp.Compare(v.major, other.major), cmp.Compare(v.minor, other.minor), cmp.Compare(v.patch, other.patch))
}

// checkTag returns an error if a tag can't be released. It must be newer than every other release in tags, one per line:
// the floating tag, such as v1, follows the last release, and must never go back. Other tags are ignored.
func checkTag(tag, tags string) error {
	released, err := parseTag(tag)
	if err != nil {
		return err
	}
	for other := range strings.FieldsSeq(tags) {
		existing, err := parseTag(other)
		if err == nil && existing.compare(released) > 0 {
			return fmt.Errorf("failed to release %s: there is %s already, and releases only go up", tag, other)
		}
	}
	return nil
}
