package dbt

import (
	"encoding/json"
	"time"
)

// Time is a time of the API: with a space or a T between date and time, or null. Anything else is the zero time, because no
// outcome depends on it.
type Time struct{ time.Time }

// UnmarshalJSON never returns an error.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05Z07:00", time.RFC3339, time.DateTime, "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}
