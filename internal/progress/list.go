package progress

import (
	"fmt"
	"strings"
)

// ShortList joins names, and counts those after the first most of them.
func ShortList(names []string, most int) string {
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
