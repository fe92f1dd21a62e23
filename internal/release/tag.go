package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// version is a release: the three numbers of semantic versioning, https://semver.org. There are no pre-releases.
type version struct{ major, minor, patch int }

// tagged is a version as a tag writes it: no leading zeros, and no more digits than an int holds.
var tagged = regexp.MustCompile(`^v(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$`)

func parseTag(tag string) (version, error) {
	found := tagged.FindStringSubmatch(tag)
	if found == nil {
		return version{}, fmt.Errorf("failed to read the tag %q: a release is tagged vMAJOR.MINOR.PATCH, such as v1.2.3", tag)
	}
	var numbers [3]int
	for i := range numbers {
		// The pattern lets nothing through that is no number.
		numbers[i], _ = strconv.Atoi(found[i+1])
	}
	return version{numbers[0], numbers[1], numbers[2]}, nil
}

func (v version) compare(other version) int {
	return cmp.Or(cmp.Compare(v.major, other.major), cmp.Compare(v.minor, other.minor), cmp.Compare(v.patch, other.patch))
}

// checkTag says why a tag can't be released. It has to be newer than every other release among tags, one a line: the
// floating tag, such as v1, follows the last release, and must never go back. Tags of other kinds do not count.
func checkTag(tag, tags string) error {
	wanted, err := parseTag(tag)
	if err != nil {
		return err
	}
	for other := range strings.FieldsSeq(tags) {
		existing, err := parseTag(other)
		if err == nil && existing.compare(wanted) > 0 {
			return fmt.Errorf("failed to release %s: there is %s already, and releases only go up", tag, other)
		}
	}
	return nil
}
