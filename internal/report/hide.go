package report

import (
	"errors"
	"reflect"
)

// hide returns v without any secret in its texts. Everything passes it at the door, as a whole: half of a secret, left over
// by a cut, is recognised neither here nor by the runner. It walks by reflection, so that no field that is added later can
// be forgotten. Words of a type of their own, such as an outcome, are pipeline's, and stay.
func hide[T any](c cleaner, v T) T {
	c.walk(reflect.ValueOf(&v).Elem())
	return v
}

// walk changes v in place, and copies what others may hold, too.
func (c cleaner) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(c.redact(v.String()))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				c.walk(field)
			}
		}
	case reflect.Slice:
		c.walkSlice(v)
	case reflect.Pointer:
		if !v.IsNil() {
			fresh := reflect.New(v.Type().Elem())
			fresh.Elem().Set(v.Elem())
			c.walk(fresh.Elem())
			v.Set(fresh)
		}
	case reflect.Interface:
		c.walkInterface(v)
	}
}

func (c cleaner) walkSlice(v reflect.Value) {
	if v.IsNil() {
		return
	}
	fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(fresh, v)
	for i := range fresh.Len() {
		c.walk(fresh.Index(i))
	}
	v.Set(fresh)
}

func (c cleaner) walkInterface(v reflect.Value) {
	if v.IsNil() {
		return
	}
	if err, ok := v.Interface().(error); ok {
		v.Set(reflect.ValueOf(c.err(err)))
		return
	}
	fresh := reflect.New(v.Elem().Type()).Elem()
	fresh.Set(v.Elem())
	c.walk(fresh)
	v.Set(fresh)
}

// err returns an error with the same parts and types, and no secret in either.
func (c cleaner) err(err error) error {
	var all []error
	for _, text := range parts(err) {
		all = append(all, &hidden{clean: c, text: c.redact(text), err: err})
	}
	return errors.Join(all...)
}

// hidden is a part of an error. It has no Unwrap: nobody gets at the text that it replaces.
type hidden struct {
	clean cleaner
	text  string
	err   error
}

func (e *hidden) Error() string { return e.text }

// As lets errors.As find what the error held, with its own texts hidden.
func (e *hidden) As(target any) bool {
	if !errors.As(e.err, target) {
		return false
	}
	e.clean.walk(reflect.ValueOf(target).Elem())
	return true
}
