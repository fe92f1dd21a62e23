// Package artifact reads the files that dbt writes after a run. It takes a reader of run_results.json, and returns the result
// of each node; or a reader of manifest.json, and returns the relations, dependencies, and exposures.
//
// Artifacts can have hundreds of megabytes, and the container has no temporary folder and little memory. The package must
// therefore never hold a whole file: it reads a stream once, and keeps only what is used. It must also never rely on one of
// the many versions: a field that is missing, null, or of another type is absent. A run's outcome is never decided here.
//
// Reference: https://docs.getdbt.com/reference/artifacts/dbt-artifacts
package artifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxTokenBytes limits one name, number, or text, which the decoder keeps in memory. The longest texts are SQL statements,
// and no warehouse accepts one of half the size.
const maxTokenBytes = 8 << 20

// scanner reads parts of a JSON document. Its methods treat a value of another type as absent, and everything after the first
// error, which is kept.
type scanner struct {
	dec *jsontext.Decoder
	// buf is reused for each name and string.
	buf           []byte
	internedTexts map[string]string
	err           error
}

func newScanner(r io.Reader) *scanner {
	source := &source{r: r}
	// A check for duplicate names would keep all names in memory. Invalid UTF-8 affects only the text that contains it.
	source.dec = jsontext.NewDecoder(source, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return &scanner{dec: source.dec, internedTexts: map[string]string{}}
}

// document iterates over the fields of the whole input, which must be one object.
func (s *scanner) document() iter.Seq[[]byte] {
	switch s.peekKind() {
	case jsontext.KindBeginObject:
	case jsontext.KindInvalid:
		s.token() // for its error
	default:
		s.err = errors.New("it is not a JSON object")
	}
	if errors.Is(s.err, io.EOF) {
		s.err = errors.New("it is empty")
	}
	return s.fields()
}

// fields iterates over the names of an object's fields. The loop body reads the value, or else it is skipped; the body must
// not break. A name is valid only until the next name is read, at any depth.
func (s *scanner) fields() iter.Seq[[]byte] { return s.members(jsontext.KindBeginObject) }

// field iterates over the fields of that name, of which there is usually one. The loop body reads the value, as for fields.
func (s *scanner) field(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for found := range s.fields() {
			if string(found) == name && !yield(found) {
				return
			}
		}
	}
}

// elements iterates over an array. The loop body reads the element, or else it is skipped; the body must not break.
func (s *scanner) elements() iter.Seq[[]byte] { return s.members(jsontext.KindBeginArray) }

func (s *scanner) members(open jsontext.Kind) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if s.peekKind() != open {
			return
		}
		s.token()
		for s.more() {
			var name []byte
			if open == jsontext.KindBeginObject {
				name = s.stringBytes()
			}
			offset := s.dec.InputOffset()
			if !yield(name) {
				return
			}
			if s.err == nil && s.dec.InputOffset() == offset {
				s.err = s.dec.SkipValue()
			}
		}
		s.token()
	}
}

// more reports whether the object or array has another member.
func (s *scanner) more() bool {
	switch s.peekKind() {
	case jsontext.KindEndObject, jsontext.KindEndArray, jsontext.KindInvalid:
		return false
	}
	return true
}

// peekKind returns the kind of the next value.
func (s *scanner) peekKind() jsontext.Kind {
	if s.err != nil {
		return jsontext.KindInvalid
	}
	return s.dec.PeekKind()
}

func (s *scanner) token() (token jsontext.Token) {
	if s.err == nil {
		token, s.err = s.dec.ReadToken()
	}
	return token
}

// stringBytes reads a string. The result is valid only until the next name or string is read.
func (s *scanner) stringBytes() []byte {
	if s.peekKind() != jsontext.KindString {
		return nil
	}
	raw, err := s.dec.ReadValue()
	if err != nil {
		s.err = err
		return nil
	}
	// The error for invalid UTF-8 is ignored, because the invalid bytes are replaced.
	s.buf, _ = jsontext.AppendUnquote(s.buf[:0], raw)
	return s.buf
}

func (s *scanner) text() string { return string(s.stringBytes()) }

// interned reads a string that occurs often; equal strings share their memory.
func (s *scanner) interned() string {
	raw := s.stringBytes()
	text, known := s.internedTexts[string(raw)]
	if !known {
		text = string(raw)
		s.internedTexts[text] = text
	}
	return text
}

// scalarText reads a string, or a number as it is written: a name can be a number in YAML, and dbt quotes some numbers.
func (s *scanner) scalarText() string {
	if s.peekKind() != jsontext.KindNumber {
		return s.text()
	}
	number := s.token().String()
	if s.err != nil {
		return ""
	}
	return number
}

// ErrWrongArtifact means that a complete artifact is not of the requested type.
var ErrWrongArtifact = errors.New("it has the schema of another artifact")

// maxNodes is far more than any project has. It protects the memory from an endless response.
const maxNodes = 1_000_000

// checkNodeCount returns false after an error, or if another node would be too many, which is an error.
func (s *scanner) checkNodeCount(nodes int) bool {
	if s.err == nil && nodes >= maxNodes {
		s.err = fmt.Errorf("it has more than %d nodes", maxNodes)
	}
	return s.err == nil
}

// finish returns the first error. An artifact that is incomplete, of another type, or followed by more data is an error.
func (s *scanner) finish(artifact string, m Metadata, complete bool) error {
	if s.err == nil {
		switch _, err := s.dec.ReadToken(); {
		case err == nil:
			s.err = errors.New("it contains more data after its end")
		case !errors.Is(err, io.EOF):
			s.err = err
		}
	}
	if _, ok := errors.AsType[*jsontext.SyntacticError](s.err); ok {
		return fmt.Errorf("it is not valid JSON: %w", s.err)
	}
	switch {
	case s.err != nil:
	case m.SchemaURL != "" && !strings.Contains(m.SchemaURL, "/"+artifact+"/"):
		return fmt.Errorf("%w: %.100q", ErrWrongArtifact, m.SchemaURL)
	case !complete:
		return errors.New("it is incomplete")
	}
	return s.err
}

// source is the reader of a decoder. It returns an error if the decoder reads more than maxTokenBytes without reaching the end
// of a token. It replaces NaN, Infinity, and -Infinity outside of strings, which Python writes although they are not JSON, by an
// empty object and spaces, which have the same length and, like null, are absent for a [scanner].
// https://docs.python.org/3/library/json.html#infinite-and-nan-number-values
type source struct {
	r   io.Reader
	dec *jsontext.Decoder
	// read is how many bytes the decoder has received.
	read int64
	// pending are bytes that were read but not yet returned, because they might be the start of a constant.
	pending []byte
}

func (s *source) Read(p []byte) (int, error) {
	if s.read-s.dec.InputOffset() > maxTokenBytes {
		return 0, fmt.Errorf("a single value is longer than %d MiB", maxTokenBytes>>20)
	}
	n := copy(p, s.pending)
	more, err := s.r.Read(p[n:])
	data := p[:n+more]
	end := len(data)
	if err == nil {
		end -= partialConstant(data)
	}
	s.pending = append(s.pending[:0], data[end:]...)
	if data = data[:end]; bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Infinity")) {
		replaceConstants(data, s.dec.UnreadBuffer())
	}
	s.read += int64(len(data))
	return len(data), err
}

// partialConstant returns how many bytes at the end of data might be the start of a constant.
func partialConstant(data []byte) int {
	data = data[max(0, len(data)-len("-Infinity")):]
	for n := len(data); n > 0 && bytes.ContainsAny(data, "-IN"); n-- {
		tail := string(data[len(data)-n:])
		if strings.HasPrefix("-Infinity", tail) || strings.HasPrefix("Infinity", tail) || strings.HasPrefix("NaN", tail) {
			return n
		}
	}
	return 0
}

// replaceConstants replaces the constants in data. The bytes before data start outside of a string, at the end of a token.
func replaceConstants(data, before []byte) {
	inString, escaped := false, false
	next := func(c byte) {
		inString = inString != (c == '"' && !escaped)
		escaped = c == '\\' && !escaped
	}
	for _, c := range before {
		next(c)
	}
	for i, c := range data {
		next(c)
		for _, constant := range []string{"-Infinity", "Infinity", "NaN"} {
			if !inString && bytes.HasPrefix(data[i:], []byte(constant)) {
				copy(data[i:], "{}       "[:len(constant)])
			}
		}
	}
}
