package dbt

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// maxCause is the longest cause that dbt accepts, in characters.
const maxCause = 255

// NewMarker returns the part of a cause by which a run can be found: `[dtr RUN_ID/ATTEMPT KEY RANDOM]`, at most 64 ASCII
// characters. RUN_ID and ATTEMPT are those of the workflow run, KEY identifies the step in it, and RANDOM the start.
func NewMarker(runID, attempt, key string) string {
	random := make([]byte, 4)
	rand.Read(random) // never returns an error
	return fmt.Sprintf("[dtr %s/%s %s %s]", markerPart(runID, 20), markerPart(attempt, 5), markerPart(key, 12), hex.EncodeToString(random))
}

var markerPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[dtr ([0-9A-Za-z-]+)/([0-9]+) ([0-9A-Za-z-]+) [0-9a-f]+\]`)
})

// IsMarker reports whether text is a marker, with nothing before or after it.
func IsMarker(text string) bool { return markerPattern().FindString(text) == text && text != "" }

// IsEarlierAttempt reports whether a cause contains the marker of the same step in an earlier attempt of the same workflow
// run.
func IsEarlierAttempt(cause, runID, attempt, key string) bool {
	current, err := strconv.Atoi(attempt)
	if err != nil {
		return false
	}
	for _, found := range markerPattern().FindAllStringSubmatch(cause, -1) {
		earlier, err := strconv.Atoi(found[2])
		if err == nil && earlier < current && found[1] == markerPart(runID, 20) && found[3] == markerPart(key, 12) {
			return true
		}
	}
	return false
}

// markerPart returns the characters of text that a marker can contain, at most maxLength of them; "0" if there are none.
func markerPart(text string, maxLength int) string {
	clean := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return -1
	}, text)
	if clean == "" {
		return "0"
	}
	return clean[:min(len(clean), maxLength)]
}

// CauseWithMarker returns text with the marker after it. The text is shortened if both exceed dbt's maximum.
func CauseWithMarker(text, marker string) string {
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	maxText := maxCause - len(marker) - 1
	if len(runes) > maxText {
		runes = append(runes[:maxText-1], '…')
	}
	return strings.TrimSpace(string(runes) + " " + marker)
}
