package tableau

import (
	"encoding/xml"
	"time"
)

// Time is a time of the API: RFC 3339, or with a zone without a colon, or empty. What can't be read is the zero time.
type Time struct{ time.Time }

// UnmarshalXMLAttr never fails.
func (t *Time) UnmarshalXMLAttr(attr xml.Attr) error {
	*t = Time{}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if parsed, err := time.Parse(layout, attr.Value); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}
