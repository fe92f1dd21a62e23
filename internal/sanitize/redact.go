package sanitize

import (
	"errors"
	"reflect"
	"strings"
)

// RedactAll returns a copy of v without secrets in its strings and errors. It has to come before anything is truncated: part
// of a secret is recognized neither here nor by the runner. It uses reflection, so that a field that is added later can't be
// forgotten. Unexported fields, maps, and named string types, whose values are constants of the program, stay as they are.
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
		c.redactSlice(v)
	case reflect.Pointer:
		if !v.IsNil() {
			target := reflect.New(v.Type().Elem())
			target.Elem().Set(v.Elem())
			c.redactValue(target.Elem())
			v.Set(target)
		}
	case reflect.Interface:
		c.redactInterface(v)
	}
}

func (c Cleaner) redactSlice(v reflect.Value) {
	if v.IsNil() {
		return
	}
	elements := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(elements, v)
	for i := range elements.Len() {
		c.redactValue(elements.Index(i))
	}
	v.Set(elements)
}

func (c Cleaner) redactInterface(v reflect.Value) {
	if v.IsNil() {
		return
	}
	if err, ok := v.Interface().(error); ok {
		v.Set(reflect.ValueOf(c.redactError(err)))
		return
	}
	dynamic := reflect.New(v.Elem().Type()).Elem()
	dynamic.Set(v.Elem())
	c.redactValue(dynamic)
	v.Set(dynamic)
}

// redactError returns an error that joins as many errors, and in which errors.As finds the same types.
func (c Cleaner) redactError(err error) error {
	var joined []error
	for _, e := range Errors(err) {
		joined = append(joined, &redactedError{clean: c, text: c.Redact(e.Error()), err: e})
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

// As sets target to a redacted copy of the error of its type, for errors.As.
func (e *redactedError) As(target any) bool {
	if !errors.As(e.err, target) {
		return false
	}
	e.clean.redactValue(reflect.ValueOf(target).Elem())
	return true
}

// Errors returns each error that [errors.Join] has joined in err, and nil for nil. An error that wraps several errors in a
// text of its own counts as one.
func Errors(err error) []error {
	if err == nil {
		return nil
	}
	if inner := errors.Unwrap(err); inner != nil && inner.Error() == err.Error() {
		if all := Errors(inner); len(all) > 1 {
			return all
		}
		return []error{err}
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, e := range joined.Unwrap() {
		all, texts = append(all, Errors(e)...), append(texts, e.Error())
	}
	if len(texts) == 0 || strings.Join(texts, "\n") != err.Error() {
		return []error{err}
	}
	return all
}

// ErrorTexts returns the text of each of the [Errors].
func ErrorTexts(err error) []string {
	var texts []string
	for _, e := range Errors(err) {
		texts = append(texts, e.Error())
	}
	return texts
}
