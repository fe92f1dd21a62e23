package selector

import "strings"

// isLUID tells whether text is 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
func isLUID(text string) bool {
	return hasLayout(text) && isHex(strings.ReplaceAll(text, "-", ""))
}

// nearlyLUID tells whether a name must be a LUID with a digit too many, too few, or wrong:
// so taken for a name, it would only be "not found", which hides the slip.
func nearlyLUID(name string) bool {
	groups := strings.Split(name, "-")
	if len(groups) != 5 {
		return false
	}
	digits := strings.Join(groups, "")
	if isHex(digits) {
		return len(digits) >= 29 && len(digits) <= 35
	}
	return hasLayout(name) && !strings.ContainsAny(name, " .,_()")
}

func hasLayout(text string) bool {
	groups := strings.Split(text, "-")
	if len(groups) != 5 {
		return false
	}
	for i, size := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != size {
			return false
		}
	}
	return true
}

func isHex(text string) bool {
	return strings.Trim(text, "0123456789abcdefABCDEF") == ""
}

// isNumber tells whether text is one of the numbers in Tableau's page addresses.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
