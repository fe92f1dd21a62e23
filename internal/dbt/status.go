package dbt

import (
	"math"
	"strconv"
	"strings"
)

// Status is how far a run or a step has come. It alone is the verdict.
type Status int

// The statuses of the API.
const (
	Queued    Status = 1
	Starting  Status = 2
	Running   Status = 3
	Success   Status = 10
	Error     Status = 20
	Cancelled Status = 30
)

// UnmarshalJSON takes a number in any of its spellings. What is none is no status that is known.
func (s *Status) UnmarshalJSON(data []byte) error {
	number, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil || number != math.Trunc(number) || math.Abs(number) > math.MaxInt32 {
		number = 0
	}
	*s = Status(number)
	return nil
}

// String is the status in a word; a number that the API did not have when this was written stays a number.
func (s Status) String() string {
	switch s {
	case Queued:
		return "queued"
	case Starting:
		return "starting"
	case Running:
		return "running"
	case Success:
		return "success"
	case Error:
		return "error"
	case Cancelled:
		return "cancelled"
	}
	return "status " + strconv.Itoa(int(s))
}

// Known reports whether the status is one of the above.
func (s Status) Known() bool {
	switch s {
	case Queued, Starting, Running, Success, Error, Cancelled:
		return true
	}
	return false
}

// Ended reports whether the status is final.
func (s Status) Ended() bool { return s == Success || s == Error || s == Cancelled }
