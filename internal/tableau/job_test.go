package tableau_test

import (
	"encoding/xml"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/tableau"
)

// TestJob_State covers the states and failure reasons by finish code and times.
func TestJob_State(t *testing.T) {
	t.Parallel()

	const (
		started = ` startedAt="2021-10-05T18:53:34Z"`
		ended   = started + ` completedAt="2021-10-05T18:53:35Z"`
		notes   = `<extractRefreshJob><notes>Login failed</notes></extractRefreshJob>`
	)
	cases := []struct {
		name       string
		attributes string
		children   string
		state      tableau.JobState
		reason     string
	}{
		{name: "queued", state: tableau.JobPending},
		{name: "running", attributes: started, state: tableau.JobInProgress},
		{name: "running_with_empty_values", attributes: started + ` completedAt="" finishCode=""`, state: tableau.JobInProgress},
		{name: "success", attributes: ended + ` finishCode="0"`, state: tableau.JobSucceeded},
		{name: "success_at_an_unreadable_time", attributes: started + ` completedAt="just now" finishCode="0"`, state: tableau.JobSucceeded},
		{name: "running_since_an_unreadable_time", attributes: ` startedAt="just now"`, state: tableau.JobInProgress},
		{name: "handed_to_bridge", attributes: ` finishCode="0"`, state: tableau.JobPending},
		{name: "started_by_bridge", attributes: started + ` finishCode="0"`, state: tableau.JobInProgress},
		{name: "finished_by_bridge", attributes: ended + ` finishCode="3"`, state: tableau.JobSucceeded},
		{name: "finished_by_bridge_without_times", attributes: ` finishCode="3"`, state: tableau.JobSucceeded},
		{name: "failed", attributes: ended + ` finishCode="1"`, children: notes, state: tableau.JobFailed, reason: "Login failed"},
		{name: "failed_without_notes", attributes: ended + ` finishCode="1"`, state: tableau.JobFailed, reason: "Tableau returned no reason"},
		{name: "queued_with_the_code_of_a_failure", attributes: ` progress="0" finishCode="1"`, state: tableau.JobPending},
		{name: "running_with_the_code_of_a_failure", attributes: started + ` completedAt="" finishCode="1"`, state: tableau.JobInProgress},
		{name: "running_with_the_code_of_a_cancellation", attributes: started + ` finishCode="2"`, state: tableau.JobInProgress},
		{name: "running_with_an_unknown_code", attributes: started + ` finishCode="4"`, state: tableau.JobInProgress},
		{name: "failed_at_an_unreadable_time", attributes: started + ` completedAt="just now" finishCode="1"`, state: tableau.JobFailed},
		{
			name: "failed_with_status_notes", attributes: ended + ` finishCode="1"`, state: tableau.JobFailed, reason: "Login failed\nall agents are busy",
			children: `<statusNotes><statusNote text="all agents are busy"/></statusNotes>` + notes,
		},
		{
			name: "cancelled", attributes: ended + ` finishCode="2"`, state: tableau.JobCancelled,
			reason: "canceled in Tableau by a user or by a site limit",
		},
		{
			name: "failed_with_java_classes", attributes: ended + ` finishCode="1"`, state: tableau.JobFailed, reason: "[Snowflake][ODBC] Login failed\nCaused by: timeout",
			children: `<extractRefreshJob><notes>java.lang.RuntimeException: com.tableausoftware.nativeapi.exceptions.DataSourceException: [Snowflake][ODBC] Login failed` +
				"\nCaused by: java.sql.SQLException: timeout</notes></extractRefreshJob>",
		},
		{name: "cancelled_with_notes", attributes: ended + ` finishCode="2"`, children: notes, state: tableau.JobCancelled, reason: "Login failed"},
		{name: "unknown", attributes: ended + ` finishCode="4"`, state: tableau.JobFailed, reason: `unknown finish code "4"`},
		{name: "unknown_with_notes", attributes: ended + ` finishCode="4"`, children: notes, state: tableau.JobFailed, reason: `unknown finish code "4". Login failed`},
		{name: "negative", attributes: ended + ` finishCode="-1"`, state: tableau.JobFailed, reason: `unknown finish code "-1"`},
		{name: "not_a_number", attributes: ended + ` finishCode="done"`, state: tableau.JobFailed, reason: `unknown finish code "done"`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: respondXML(`<job id="j"%s>%s</job>`, tc.attributes, tc.children)}
				job, err := signedIn(t, s).Job(t.Context(), "j", time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				if got := job.State(); got != tc.state {
					t.Errorf("State() = %v, want %v", got, tc.state)
				}
				if diff := cmp.Diff(tc.reason, job.FailureReason()); tc.reason != "" && diff != "" {
					t.Errorf("FailureReason() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestTime(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, text string
		want       tableau.Time
	}{
		{"utc", "2021-10-05T18:53:34Z", utc(2021, 10, 5, 18, 53, 34)},
		{"zone", "2021-10-05T20:53:34+02:00", utc(2021, 10, 5, 18, 53, 34)},
		{"zone_without_a_colon", "2021-10-05T11:53:34-0700", utc(2021, 10, 5, 18, 53, 34)},
		{"no_zone", "2021-10-05T18:53:34", utc(2021, 10, 5, 18, 53, 34)},
		{"space", " 2021-10-05 18:53:34+00:00", utc(2021, 10, 5, 18, 53, 34)},
		{"empty", "", tableau.Time{}},
		{"no_such_day", "2016-06-31T20:34:04Z", tableau.Time{Unreadable: true}},
		{"words", "5 minutes ago", tableau.Time{Unreadable: true}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := utc(1999, 1, 1, 0, 0, 0) // the previous value must be overwritten
			if err := got.UnmarshalXMLAttr(xml.Attr{Value: tc.text}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Time (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()

	cases := []struct {
		text string
		want tableau.Version
		err  string
	}{
		{text: "3.10", want: tableau.Version{Major: 3, Minor: 10}},
		{text: " 3.9\n", want: tableau.Version{Major: 3, Minor: 9}},
		{text: "2.4", want: tableau.Version{Major: 2, Minor: 4}},
		{text: "", err: `"" is not a REST API version such as 3.19`},
		{text: "3", err: `"3" is not a REST API version such as 3.19`},
		{text: "3.", err: `"3." is not a REST API version such as 3.19`},
		{text: "3.1.2", err: `"3.1.2" is not a REST API version such as 3.19`},
		{text: "-3.1", err: `"-3.1" is not a REST API version such as 3.19`},
		{text: "../3.1", err: `"../3.1" is not a REST API version such as 3.19`},
	}
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			got, err := tableau.ParseVersion(tc.text)
			if diff := cmp.Diff(tc.err, errorText(err)); diff != "" {
				t.Errorf("ParseVersion() (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ParseVersion() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVersion_AtLeast checks that 3.10 is newer than 3.9, unlike as a number or a text.
func TestVersion_AtLeast(t *testing.T) {
	t.Parallel()

	cases := []struct {
		version      string
		major, minor int
		want         bool
	}{
		{"3.10", 3, 9, true},
		{"3.9", 3, 10, false},
		{"3.25", 3, 25, true},
		{"3.24", 3, 25, false},
		{"4.0", 3, 25, true},
		{"2.99", 3, 0, false},
	}
	for _, tc := range cases {
		t.Run(tc.version, func(t *testing.T) {
			t.Parallel()
			version, err := tableau.ParseVersion(tc.version)
			if err != nil {
				t.Fatal(err)
			}
			if got := version.AtLeast(tc.major, tc.minor); got != tc.want {
				t.Errorf("%s.AtLeast(%d, %d) = %v, want %v", tc.version, tc.major, tc.minor, got, tc.want)
			}
			if version.String() != tc.version {
				t.Errorf("String() = %s, want %s", version, tc.version)
			}
		})
	}
}
