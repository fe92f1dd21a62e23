package tableau

import (
	"encoding/xml"
	"strings"
	"time"
)

// Time is a time in UTC that the API returned: RFC 3339, the same with a zone without a colon, or empty.
type Time struct {
	time.Time
	// Unreadable is true if there is a text in no known format of a time. The time is then zero.
	Unreadable bool
}

// isSet reports whether Tableau returned a time, readable or not.
func (t Time) isSet() bool { return t.Unreadable || !t.IsZero() }

// UnmarshalXMLAttr implements [xml.UnmarshalerAttr]. It never fails.
func (t *Time) UnmarshalXMLAttr(attr xml.Attr) error {
	*t = Time{}
	text := strings.Replace(strings.TrimSpace(attr.Value), " ", "T", 1)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	t.Unreadable = text != ""
	return nil
}
