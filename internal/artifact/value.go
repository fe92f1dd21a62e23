package artifact

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// peekKind returns the kind of the next value.
func (s *scanner) peekKind() jsontext.Kind {
	if s.err != nil {
		return jsontext.KindInvalid
	}
	return s.dec.PeekKind()
}

func (s *scanner) token() jsontext.Token {
	if s.err != nil {
		return jsontext.Null
	}
	token, err := s.dec.ReadToken()
	if err != nil {
		s.err = err
		return jsontext.Null
	}
	return token
}

func (s *scanner) skip() {
	if s.err == nil {
		s.err = s.dec.SkipValue()
	}
}

// skipFrom skips the value that starts at an offset, unless it was read.
func (s *scanner) skipFrom(offset int64) {
	if s.err == nil && s.dec.InputOffset() == offset {
		s.skip()
	}
}

// enter reads the start of an object or an array. It skips any other value and returns false.
func (s *scanner) enter(open jsontext.Kind) bool {
	if s.peekKind() != open {
		s.skip()
		return false
	}
	s.token()
	return true
}

// more reports whether the object or array has another member.
func (s *scanner) more() bool {
	switch s.peekKind() {
	case jsontext.KindEndObject, jsontext.KindEndArray, jsontext.KindInvalid:
		return false
	}
	return true
}

func (s *scanner) leave() { s.token() }

// stringBytes reads a string; any other value is empty. The result is valid only until the next name or string is read.
func (s *scanner) stringBytes() []byte {
	if s.peekKind() != jsontext.KindString {
		s.skip()
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

// number reads a number; ok is false for anything else.
func (s *scanner) number() (n float64, ok bool) {
	if s.peekKind() != jsontext.KindNumber {
		s.skip()
		return 0, false
	}
	n, err := strconv.ParseFloat(s.token().String(), 64)
	return n, s.err == nil && err == nil
}

// boolean reads a boolean; for any other value, it returns the fallback.
func (s *scanner) boolean(fallback bool) bool {
	switch s.peekKind() {
	case jsontext.KindTrue, jsontext.KindFalse:
		return s.token().Kind() == jsontext.KindTrue
	}
	s.skip()
	return fallback
}

// ErrWrongArtifact means that a complete artifact is not of the requested type.
var ErrWrongArtifact = errors.New("it is another kind of file")

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
		s.err = s.checkEOF()
	}
	if _, ok := errors.AsType[*jsontext.SyntacticError](s.err); ok {
		s.err = fmt.Errorf("it is not valid JSON: %w", s.err)
	}
	if s.err == nil && m.SchemaURL != "" && !strings.Contains(m.SchemaURL, "/"+artifact+"/") {
		s.err = fmt.Errorf("%w: %.100q", ErrWrongArtifact, m.SchemaURL)
	}
	if s.err == nil && !complete {
		s.err = errors.New("its content is missing")
	}
	return s.err
}

func (s *scanner) checkEOF() error {
	switch _, err := s.dec.ReadToken(); {
	case err == nil:
		return errors.New("there is more text after its end")
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
