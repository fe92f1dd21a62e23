package selector

import "strings"

// isLUID reports whether text is 32 hexadecimal digits in groups of 8, 4, 4, 4, and 12.
func isLUID(text string) bool {
	return hasLUIDLayout(text) && isHex(strings.ReplaceAll(text, "-", ""))
}

// isMistypedLUID reports whether a name is almost certainly a LUID with missing, extra, or wrong digits. Used as a name, it
// would only result in "not found".
func isMistypedLUID(name string) bool {
	groups := strings.Split(name, "-")
	if len(groups) != 5 {
		return false
	}
	digits := strings.Join(groups, "")
	if isHex(digits) {
		return len(digits) >= 29 && len(digits) <= 35
	}
	return hasLUIDLayout(name) && !strings.ContainsAny(name, " .,_()")
}

func hasLUIDLayout(text string) bool {
	groups := strings.Split(text, "-")
	if len(groups) != 5 {
		return false
	}
	for i, length := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != length {
			return false
		}
	}
	return true
}

func isHex(text string) bool {
	return strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
