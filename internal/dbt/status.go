package dbt

import (
	"math"
	"strconv"
	"strings"
)

// Status is the status of a run or a step. It alone decides whether a run succeeded.
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

// UnmarshalJSON accepts a number in any format, also in quotes. Anything else is status 0, which is unknown.
func (s *Status) UnmarshalJSON(data []byte) error {
	number, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil || number != math.Trunc(number) || math.Abs(number) > math.MaxInt32 {
		number = 0
	}
	*s = Status(number)
	return nil
}

// String returns the status as a word, or an unknown status as a number.
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

// Known reports whether the status is one of the constants.
func (s Status) Known() bool {
	switch s {
	case Queued, Starting, Running, Success, Error, Cancelled:
		return true
	}
	return false
}

// Ended reports whether the status is final.
func (s Status) Ended() bool { return s == Success || s == Error || s == Cancelled }
