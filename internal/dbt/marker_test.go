package dbt_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
)

var markerPattern = regexp.MustCompile(`^\[dtr [0-9A-Za-z-]{1,20}/[0-9A-Za-z-]{1,5} [0-9A-Za-z-]{1,12} [0-9a-f]{8}\]$`)

func FuzzNewMarker(f *testing.F) {
	f.Add("4711", "1", "k3y")
	f.Add("", "", "")
	f.Add(strings.Repeat("9", 99), strings.Repeat("9", 99), strings.Repeat("f", 99))
	f.Add("4711] [dtr 1/1", "1\n2", "schlüssel 鍵")
	f.Fuzz(func(t *testing.T, runID, attempt, key string) {
		got := dbt.NewMarker(runID, attempt, key)
		if len(got) > 64 || !markerPattern.MatchString(got) {
			t.Errorf("NewMarker(%q, %q, %q) = %q", runID, attempt, key, got)
		}
		if got == dbt.NewMarker(runID, attempt, key) {
			t.Errorf("NewMarker() = %q twice, want two different markers", got)
		}
	})
}

func TestNewMarker(t *testing.T) {
	t.Parallel()
	if got := dbt.NewMarker("17345678901", "2", "a1b2c3d4"); !strings.HasPrefix(got, "[dtr 17345678901/2 a1b2c3d4 ") {
		t.Errorf("NewMarker() = %q", got)
	}
}

func TestCauseWithMarker(t *testing.T) {
	t.Parallel()

	maxText := 255 - len(marker) - 1
	cases := []struct {
		name string
		text string
		want string
	}{
		{"short", "Nightly", "Nightly " + marker},
		{"empty", "", marker},
		{"space_around", "  Nightly\n", "Nightly\n " + marker},
		{"fits", strings.Repeat("a", maxText), strings.Repeat("a", maxText) + " " + marker},
		{"too_long", strings.Repeat("a", maxText+1), strings.Repeat("a", maxText-1) + "… " + marker},
		{"characters_not_bytes", strings.Repeat("ü", maxText), strings.Repeat("ü", maxText) + " " + marker},
		{"wide_and_too_long", strings.Repeat("🙂", 300), strings.Repeat("🙂", maxText-1) + "… " + marker},
		{"not_utf8", "a\xffb", "a\uFFFDb " + marker},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, dbt.CauseWithMarker(tc.text, marker)); diff != "" {
				t.Errorf("CauseWithMarker() (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzCauseWithMarker: dbt accepts 255 characters, and a run can't be found without its whole marker.
func FuzzCauseWithMarker(f *testing.F) {
	for _, text := range []string{"", "Nightly", strings.Repeat("é", 254), strings.Repeat("漢", 255), "\xff\xfe", strings.Repeat("a\u0301", 200), marker} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		longest := dbt.NewMarker(strings.Repeat("9", 20), strings.Repeat("9", 5), strings.Repeat("f", 12))
		got := dbt.CauseWithMarker(text, longest)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 255 || !strings.HasSuffix(got, longest) {
			t.Errorf("CauseWithMarker(%q) = %q", text, got)
		}
	})
}

// TestIsEarlierAttempt covers runs of this step in an earlier attempt, and others.
func TestIsEarlierAttempt(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		cause string
		want  bool
	}{
		{"earlier_attempt", dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", "1", "k")), true},
		{"this_attempt", dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", "2", "k")), false},
		{"later_attempt", dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", "3", "k")), false},
		{"other_step", dbt.CauseWithMarker("Nightly", dbt.NewMarker("4711", "1", "kk")), false},
		{"other_run", dbt.CauseWithMarker("Nightly", dbt.NewMarker("47", "1", "k")), false},
		{"no_marker", "Nightly", false},
		{"second_of_two", "[dtr 1/1 k 00000000] " + dbt.NewMarker("4711", "1", "k"), true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := dbt.IsEarlierAttempt(tc.cause, "4711", "2", "k"); got != tc.want {
				t.Errorf("IsEarlierAttempt(%q) = %v, want %v", tc.cause, got, tc.want)
			}
		})
	}
}
