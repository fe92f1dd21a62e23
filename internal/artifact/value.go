package artifact

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// kind is the kind of the value that comes next.
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

// skipFrom skips the value that begins at an offset, unless it has been read.
func (s *scanner) skipFrom(at int64) {
	if s.err == nil && s.dec.InputOffset() == at {
		s.skip()
	}
}

// enter steps into an object or an array. Anything else is skipped, and enter is false.
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

// chars reads a string; anything else is empty. It is valid only until the next name or string is read.
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
	// The error of text that is not UTF-8 is dropped: what is wrong with it is replaced.
	s.buf, _ = jsontext.AppendUnquote(s.buf[:0], raw)
	return s.buf
}

func (s *scanner) text() string { return string(s.stringBytes()) }

// shared is text for what comes again and again: equal texts are one in memory.
func (s *scanner) interned() string {
	chars := s.stringBytes()
	text, known := s.internedTexts[string(chars)]
	if !known {
		text = string(chars)
		s.internedTexts[text] = text
	}
	return text
}

// label reads a string, or a number as it is written: what people write in YAML without quotes, and the numbers that
// dbt writes with them.
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

// truth reads a boolean; anything else is the default.
func (s *scanner) boolean(fallback bool) bool {
	switch s.peekKind() {
	case jsontext.KindTrue, jsontext.KindFalse:
		return s.token().Kind() == jsontext.KindTrue
	}
	s.skip()
	return fallback
}

// ErrOtherKind is of a whole artifact that is not what was asked for.
var ErrWrongArtifact = errors.New("it is of another kind")

// mostNodes is far more than any project has: an answer without an end must not fill the memory.
const maxNodes = 1_000_000

// room fails where there are too many nodes.
func (s *scanner) checkNodeCount(nodes int) bool {
	if s.err == nil && nodes >= maxNodes {
		s.err = fmt.Errorf("it has more than %d nodes", maxNodes)
	}
	return s.err == nil
}

// end is the error of the whole reading: nothing may follow the value, it must be what it was asked for as, and complete.
func (s *scanner) finish(artifact string, m Metadata, complete bool) error {
	if s.err == nil {
		s.err = s.checkEOF()
	}
	if s.err == nil && m.SchemaURL != "" && !strings.Contains(m.SchemaURL, "/"+artifact+"/") {
		s.err = fmt.Errorf("%w: %.100q", ErrWrongArtifact, m.SchemaURL)
	}
	if s.err == nil && !complete {
		s.err = errors.New("what it should be about is missing")
	}
	return s.err
}

func (s *scanner) checkEOF() error {
	switch _, err := s.dec.ReadToken(); {
	case err == nil:
		return errors.New("more follows its end")
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
