package sanitize

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// minSecretBytes is the length of the shortest text that is redacted. Replacing shorter secrets would break up other words.
const minSecretBytes = 4

// NewCleaner returns a Cleaner that redacts secrets, each of their lines, and the escaped forms in which a service can quote
// either of them.
func NewCleaner(secrets []string) Cleaner {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, secret)
		for _, line := range secretLines(secret) {
			forms = append(append(forms, line, base64.RawStdEncoding.EncodeToString([]byte(line))), escapedForms(line)...)
		}
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return len(strings.TrimSpace(form)) < minSecretBytes })
	// the longest first, because a secret can start with another one
	slices.SortStableFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var replacements []string
	for _, form := range forms {
		replacements = append(replacements, form, "***")
	}
	return Cleaner{strings.NewReplacer(replacements...), forms}
}

// Masks returns what a runner has to mask for secret: the secret and its escaped forms. The runner also masks each line of them,
// and the base64 form.
// See https://github.com/actions/runner/blob/main/src/Runner.Common/HostContext.cs.
func Masks(secret string) []string {
	masks := []string{secret}
	for _, line := range secretLines(secret) {
		masks = append(masks, escapedForms(line)...)
	}
	return masks
}

// secretLines returns the lines of a secret that are long enough to be redacted.
func secretLines(secret string) []string {
	lines := strings.FieldsFunc(secret, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return slices.DeleteFunc(lines, func(line string) bool { return len(line) < minSecretBytes })
}

// escapedForms returns the forms of a line that differ from it: in XML and HTML with named or numeric entities, in JSON with and
// without HTML escapes, in ASCII, and in a URL.
func escapedForms(line string) []string {
	var xmlText, jsonText bytes.Buffer
	_ = xml.EscapeText(&xmlText, []byte(line))
	encoder := json.NewEncoder(&jsonText)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(line)
	htmlSafe, _ := json.Marshal(line) // like writing to a buffer, it can't fail
	forms := []string{
		xmlText.String(), html.EscapeString(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(line),
		unquote(string(htmlSafe)), unquote(strings.TrimSpace(jsonText.String())), unquote(strconv.QuoteToASCII(line)),
		url.QueryEscape(line), strings.ReplaceAll(url.QueryEscape(line), "+", "%20"), url.PathEscape(line),
	}
	slices.Sort(forms)
	return slices.DeleteFunc(slices.Compact(forms), func(form string) bool { return form == line })
}

func unquote(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`) }

// RedactAll returns a copy of v without secrets in its strings and errors. Call it before anything is truncated: part of a
// secret is recognized neither here nor by the runner. It uses reflection, so that no field can be forgotten. Unexported fields,
// maps, and named string types, whose values are constants of the program, stay as they are.
func RedactAll[T any](c Cleaner, v T) T {
	c.redactValue(reflect.ValueOf(&v).Elem())
	return v
}

// redactValue changes v, but only copies of what v points to.
func (c Cleaner) redactValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(c.Redact(v.String()))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				c.redactValue(field)
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v))
		}
		for i := range v.Len() {
			c.redactValue(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			v.Set(c.redactedCopy(v.Elem()).Addr())
		}
	case reflect.Interface:
		if err, ok := v.Interface().(error); ok {
			v.Set(reflect.ValueOf(c.redactError(err)))
		} else if !v.IsNil() {
			v.Set(c.redactedCopy(v.Elem()))
		}
	}
}

func (c Cleaner) redactedCopy(v reflect.Value) reflect.Value {
	duplicate := reflect.New(v.Type()).Elem()
	duplicate.Set(v)
	c.redactValue(duplicate)
	return duplicate
}

// redactError returns an error that joins the same number of errors, and in which errors.As finds the same types.
func (c Cleaner) redactError(err error) error {
	var joined []error
	for _, text := range ErrorTexts(err) {
		joined = append(joined, &redactedError{clean: c, text: c.Redact(text), err: err})
	}
	return errors.Join(joined...)
}

// redactedError is one of the errors that were joined. It has no Unwrap, which would return the original text.
type redactedError struct {
	clean Cleaner
	text  string
	err   error
}

func (e *redactedError) Error() string { return e.text }

// As sets target to a redacted copy, for errors.As.
func (e *redactedError) As(target any) bool {
	if !errors.As(e.err, target) {
		return false
	}
	e.clean.redactValue(reflect.ValueOf(target).Elem())
	return true
}

// ErrorTexts returns the text of each error that [errors.Join] has joined in err, and nil for nil. An error that wraps several
// errors, but has its own text, counts as one.
func ErrorTexts(err error) []string {
	if err == nil {
		return nil
	}
	if inner := errors.Unwrap(err); inner != nil && inner.Error() == err.Error() {
		return ErrorTexts(inner)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	var all, texts []string
	for _, e := range joined.Unwrap() {
		all, texts = append(all, ErrorTexts(e)...), append(texts, e.Error())
	}
	if len(texts) == 0 || strings.Join(texts, "\n") != err.Error() {
		return []string{err.Error()}
	}
	return all
}
