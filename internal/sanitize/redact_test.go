package sanitize

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCleaner_Redact_escapedForms(t *testing.T) {
	t.Parallel()
	const secret = `p&ss<w"ord>12'345 \/ü`
	cases := []struct{ name, form string }{
		{name: "plain", form: secret},
		{name: "xml_text", form: `p&amp;ss&lt;w"ord&gt;12'345 \/ü`},
		{name: "xml_attribute", form: `p&amp;ss&lt;w&quot;ord&gt;12'345 \/ü`},
		{name: "xml_named", form: `p&amp;ss&lt;w&quot;ord&gt;12&apos;345 \/ü`},
		{name: "html", form: `p&amp;ss&lt;w&#34;ord&gt;12&#39;345 \/ü`},
		{name: "json", form: `p&ss<w\"ord>12'345 \\/ü`},
		{name: "json_for_html", form: `p\u0026ss\u003cw\"ord\u003e12'345 \\/ü`},
		{name: "json_in_ascii", form: `p&ss<w\"ord>12'345 \\/\u00fc`},
		{name: "query", form: "p%26ss%3Cw%22ord%3E12%27345+%5C%2F%C3%BC"},
		{name: "percent", form: "p%26ss%3Cw%22ord%3E12%27345%20%5C%2F%C3%BC"},
		{name: "path", form: "p&ss%3Cw%22ord%3E12%27345%20%5C%2F%C3%BC"},
		{name: "base64", form: "cCZzczx3Im9yZD4xMiczNDUgXC/DvA"}, // which the runner masks itself
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := NewCleaner([]string{secret}).Redact("the response was " + tc.form + "=")
			if diff := cmp.Diff("the response was ***=", got); diff != "" {
				t.Errorf("Redact() (-want +got):\n%s", diff)
			}
			if masked := slices.Contains(Masks(secret), tc.form); masked != (tc.name != "base64") {
				t.Errorf("Masks() contains the form: %t", masked)
			}
		})
	}
}

func TestCleaner_Redact_truncated(t *testing.T) {
	t.Parallel()
	const secret = "dbtc_Zq7RkT9wXv3LmN8pHs2YbD4c"
	c := NewCleaner([]string{secret})
	for length := minSecretBytes; length < len(secret); length++ {
		got := c.Redact("the token " + secret[:length] + "… is wrong, abc…")
		if diff := cmp.Diff("the token ***… is wrong, abc…", got); diff != "" {
			t.Errorf("%d bytes (-want +got):\n%s", length, diff)
		}
	}
}

type status string

type statusError struct{ Message string }

func (e *statusError) Error() string { return "failed: " + e.Message }

type value struct {
	Name    string
	Status  status
	Err     error
	Any     any
	Pointer *value
	Values  []value
	private string
}

func TestRedactAll(t *testing.T) {
	t.Parallel()
	c := NewCleaner([]string{"s3cret", "success"})
	original := value{
		Name: "a s3cret", Status: "success", Any: value{Name: "s3cret"}, Pointer: &value{Name: "s3cret"}, Values: []value{{Name: "s3cret"}}, private: "s3cret",
		Err: errors.Join(fmt.Errorf("x: %w", &statusError{"s3cret"}), errors.New("s3cret")),
	}
	got := RedactAll(c, original)
	wrapped, ok := errors.AsType[*statusError](got.Err)
	if !ok {
		t.Fatalf("the error has lost its type: %v", got.Err)
	}
	if diff := cmp.Diff([]string{"x: failed: ***", "***"}, ErrorTexts(got.Err)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	texts := []string{got.Name, string(got.Status), got.Any.(value).Name, got.Pointer.Name, got.Values[0].Name, got.private, wrapped.Message}
	if diff := cmp.Diff([]string{"a ***", "success", "***", "***", "***", "s3cret", "***"}, texts); diff != "" {
		t.Errorf("RedactAll() (-want +got):\n%s", diff)
	}
	unchanged := []string{original.Pointer.Name, original.Values[0].Name, original.Err.Error()}
	if diff := cmp.Diff([]string{"s3cret", "s3cret", "x: failed: s3cret\ns3cret"}, unchanged); diff != "" {
		t.Errorf("the original (-want +got):\n%s", diff)
	}
	if got := RedactAll(c, any(value{Status: "success"})); !cmp.Equal(got, any(value{Status: "success"}), cmp.AllowUnexported(value{})) {
		t.Errorf("RedactAll() changes a value without text to %+v", got)
	}
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	cases := []struct {
		name string
		in   error
		want []string
	}{
		{name: "none"},
		{name: "one", in: a, want: []string{"a"}},
		{name: "joined", in: errors.Join(a, errors.Join(b, c)), want: []string{"a", "b", "c"}},
		{name: "joined_in_a_typed_error", in: &typedError{errors.Join(a, b)}, want: []string{"a", "b"}},
		{name: "wrapped", in: fmt.Errorf("x: %w", errors.Join(a, b)), want: []string{"x: a\nb"}},
		{name: "joined_without_errors", in: emptyError{}, want: []string{""}},
		{name: "two_wrapped", in: fmt.Errorf("%w, %w", a, b), want: []string{"a, b"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, ErrorTexts(tc.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// emptyError joins no errors and has no text.
type emptyError struct{}

func (emptyError) Error() string { return "" }

func (emptyError) Unwrap() []error { return nil }

// typedError adds a type to an error, and no text.
type typedError struct{ err error }

func (e *typedError) Error() string { return e.err.Error() }

func (e *typedError) Unwrap() error { return e.err }
