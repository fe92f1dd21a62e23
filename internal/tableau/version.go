package tableau

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a version of the REST API. The zero value means that it is not set.
type Version struct{ Major, Minor int }

// ParseVersion parses a version such as 3.10, which is newer than 3.9.
func ParseVersion(text string) (Version, error) {
	majorText, minorText, ok := strings.Cut(strings.TrimSpace(text), ".")
	major, majorErr := strconv.Atoi(majorText)
	minor, minorErr := strconv.Atoi(minorText)
	if !ok || majorErr != nil || minorErr != nil || major < 0 || minor < 0 {
		return Version{}, fmt.Errorf("failed to read REST API version %q: it should look like 3.19", text)
	}
	return Version{major, minor}, nil
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// AtLeast reports whether v is the given version or a newer one.
func (v Version) AtLeast(major, minor int) bool {
	return cmp.Or(cmp.Compare(v.Major, major), cmp.Compare(v.Minor, minor)) >= 0
}
