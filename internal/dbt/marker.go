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

// maxCause is the longest cause that dbt takes, in characters.
const maxCause = 255

// NewMarker makes the part of a cause by which a run is found again: `[dtr RUN_ID/ATTEMPT KEY RANDOM]`, at most 64 ASCII
// characters. RUN_ID and ATTEMPT are those of the workflow run, KEY tells its steps apart, RANDOM their starts.
func NewMarker(runID, attempt, key string) string {
	random := make([]byte, 4)
	rand.Read(random) // never fails, by its documentation
	return fmt.Sprintf("[dtr %s/%s %s %s]", part(runID, 20), part(attempt, 5), part(key, 12), hex.EncodeToString(random))
}

var markerForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[dtr ([0-9A-Za-z-]+)/([0-9]+) ([0-9A-Za-z-]+) [0-9a-f]+\]`)
})

// IsMarker reports whether a text has the form of a marker.
func IsMarker(text string) bool { return markerForm().FindString(text) == text && text != "" }

// IsEarlier reports whether a cause carries the marker of the same step in an earlier attempt of the same workflow run.
func IsEarlierAttempt(cause, runID, attempt, key string) bool {
	now, err := strconv.Atoi(attempt)
	if err != nil {
		return false
	}
	for _, found := range markerForm().FindAllStringSubmatch(cause, -1) {
		then, err := strconv.Atoi(found[2])
		if err == nil && then < now && found[1] == part(runID, 20) && found[3] == part(key, 12) {
			return true
		}
	}
	return false
}

// part keeps what an environment variable holds from breaking the marker's form.
func part(text string, most int) string {
	clean := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return -1
	}, text)
	if clean == "" {
		return "0"
	}
	return clean[:min(len(clean), most)]
}

// Cause is the text with the marker at its end; the text gives way when both do not fit.
func CauseWithMarker(text, marker string) string {
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	room := maxCause - len(marker) - 1
	if len(runes) > room {
		runes = append(runes[:room-1], '…')
	}
	return strings.TrimSpace(string(runes) + " " + marker)
}
