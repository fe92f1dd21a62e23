package tableau

import (
	"errors"
	"fmt"
	"slices"
)

// The error codes of the Metadata API that need special handling.
// https://help.tableau.com/current/api/metadata_api/en-us/docs/meta_api_errors.html
const (
	codeFeatureDisabled = "FEATURE_DISABLED"
	codeAccessDenied    = "ACCESS_DENIED"
	codeRateExceeded    = "RATE_EXCEEDED"
	codeBackfillRunning = "BACKFILL_RUNNING"
	severityWarning     = "WARNING"
)

var (
	limitCodes = []string{"NODE_LIMIT_EXCEEDED", "TIME_LIMIT_EXCEEDED"}
	// warningCodes do not affect the data. Their severity differs between versions.
	warningCodes = []string{codeBackfillRunning, "PERMISSIONS_MODE_SWITCHED", "MAX_PAGE_SIZE_EXCEEDED"}
)

// MetadataError contains all errors in a response of the Metadata API.
type MetadataError struct {
	// Codes are the error codes, such as FEATURE_DISABLED; "" for an error without a code.
	Codes   []string
	Message string
}

func (e *MetadataError) Error() string { return "the Metadata API says: " + e.Message }

// MetadataLimitError means that the Metadata API truncates the response even to the smallest query.
type MetadataLimitError struct {
	Operation string
	// Err is a [MetadataError] or [rest.ErrTooLong].
	Err error
}

func (e *MetadataLimitError) Error() string {
	return fmt.Sprintf("failed to %s: %v; the answer is cut off even for a single name: name what to refresh in "+
		"tableau-workbooks and tableau-datasources, or have the limits of the Metadata API raised", e.Operation, e.Err)
}

func (e *MetadataLimitError) Unwrap() error { return e.Err }

// MetadataUnavailableError means that the Metadata API is disabled, denied, or missing.
type MetadataUnavailableError struct {
	// Code is FEATURE_DISABLED, ACCESS_DENIED, or "" for a server without a Metadata API.
	Code string
	// Err is a [MetadataError] or a [rest.StatusError].
	Err error
}

func (e *MetadataUnavailableError) Error() string {
	switch e.Code {
	case codeFeatureDisabled:
		return fmt.Sprintf("%v; the server's administrator can switch it on: tsm maintenance metadata-services enable", e.Err)
	case codeAccessDenied:
		return fmt.Sprintf("%v; the signed-in user may not use the Metadata API; a connected app needs the scope %s", e.Err, ScopeContent)
	}
	return fmt.Sprintf("%v; the Metadata API takes Tableau Cloud, or Tableau Server 2019.3 or newer", e.Err)
}

func (e *MetadataUnavailableError) Unwrap() error { return e.Err }

// unavailableError wraps a [MetadataError] that every query would get in a [MetadataUnavailableError].
func unavailableError(err error) error {
	metadataErr, ok := errors.AsType[*MetadataError](err)
	if !ok {
		return err
	}
	for _, code := range []string{codeFeatureDisabled, codeAccessDenied} {
		if slices.Contains(metadataErr.Codes, code) {
			return &MetadataUnavailableError{Code: code, Err: err}
		}
	}
	return err
}

func isLimitError(err error) bool {
	_, ok := errors.AsType[*MetadataLimitError](err)
	return ok
}
