package tableau

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"dbt-tableau-refresh/internal/rest"
)

// The codes of the Metadata API that this program acts on.
// https://help.tableau.com/current/api/metadata_api/en-us/docs/meta_api_errors.html
const (
	codeFeatureDisabled = "FEATURE_DISABLED"
	codeAccessDenied    = "ACCESS_DENIED"
	codeRateExceeded    = "RATE_EXCEEDED"
	severityWarning     = "WARNING"
)

var (
	limitCodes = []string{"NODE_LIMIT_EXCEEDED", "TIME_LIMIT_EXCEEDED"}
	// warningCodes leave the data as good as it is, whatever the severity that a version gives them.
	warningCodes = []string{"BACKFILL_RUNNING", "PERMISSIONS_MODE_SWITCHED", "MAX_PAGE_SIZE_EXCEEDED"}
)

// MetadataLimitError is an answer of the Metadata API that is cut off, and can't be made smaller.
type MetadataLimitError struct {
	Operation string
	// Err is what the Metadata API says, a [MetadataError], or [rest.ErrTooLong].
	Err error
}

func (e *MetadataLimitError) Error() string {
	return fmt.Sprintf("failed to %s: %v; the answer is cut off even for a single name: name what to refresh in "+
		"tableau-workbooks and tableau-datasources, or have the limits of the Metadata API raised", e.Operation, e.Err)
}

func (e *MetadataLimitError) Unwrap() error { return e.Err }

// MetadataRefusedError is a Metadata API that can't be used as things are.
type MetadataUnavailableError struct {
	// Code is FEATURE_DISABLED, ACCESS_DENIED, or "" for a server that has no Metadata API.
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

// refusal picks out what no other query would cure.
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

// explain is for a query that has no answer of the Metadata API.
func (q batchQuery) queryError(err error) error {
	if errors.Is(err, rest.ErrTooLong) {
		return &MetadataLimitError{Operation: q.operation, Err: rest.ErrTooLong}
	}
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusNotFound {
		return &MetadataUnavailableError{Err: err}
	}
	return q.client.withHint(err)
}

const checkQuery = `query check { databaseTablesConnection(first: 1, filter: {name: "dbt"}) { nodes { id } } }`

// CheckMetadata asks the Metadata API for as little as can be, in order to know before a run whether [Client.Lineage] can be
// asked after it. The error is a [MetadataRefusedError] where it can't.
func (c *Client) CheckMetadata(ctx context.Context) error {
	query := batchQuery{client: c, retry: rest.Preflight, operation: "ask the Metadata API for a table", query: checkQuery, warn: func(string) {}}
	_, err := runQuery[struct{}](ctx, query, nil)
	if isLimitError(err) {
		return nil // it answers, which is all that is asked
	}
	return err
}
