package tableau

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a version of the REST API. The zero value is no version.
type Version struct{ Major, Minor int }

// ParseVersion reads a version such as 3.10, which is newer than 3.9.
func ParseVersion(text string) (Version, error) {
	major, minor, ok := strings.Cut(strings.TrimSpace(text), ".")
	first, err1 := strconv.Atoi(major)
	second, err2 := strconv.Atoi(minor)
	if !ok || err1 != nil || err2 != nil || first < 0 || second < 0 {
		return Version{}, fmt.Errorf("failed to read REST API version %q: it should look like 3.19", text)
	}
	return Version{first, second}, nil
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// AtLeast reports whether v is the given version or a newer one.
func (v Version) AtLeast(major, minor int) bool {
	return cmp.Or(cmp.Compare(v.Major, major), cmp.Compare(v.Minor, minor)) >= 0
}
