package artifact

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json/jsontext"
)

// maxTokenBytes limits one name, number, or text, which the decoder holds in memory. The longest texts are SQL statements,
// and no warehouse accepts one of half the size.
const maxTokenBytes = 8 << 20

// scanner reads parts of a JSON document. For its methods, a value of another type is absent. After the first error, which is
// kept, everything is absent.
type scanner struct {
	dec *jsontext.Decoder
	// buf is reused for each name and string.
	buf           []byte
	internedTexts map[string]string
	err           error
}

func newScanner(r io.Reader) *scanner {
	bounded, constants := &boundedReader{}, &nanReader{r: r}
	// A check for duplicate names would keep all names in memory. Invalid UTF-8 affects only the text that contains it.
	dec := jsontext.NewDecoder(bounded, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	bounded.r, bounded.dec, constants.dec = constants, dec, dec
	return &scanner{dec: dec, internedTexts: map[string]string{}}
}

// boundedReader returns an error if the decoder reads more than maxTokenBytes without reaching the end of a token.
type boundedReader struct {
	r    io.Reader
	dec  *jsontext.Decoder
	read int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.read-b.dec.InputOffset() > maxTokenBytes {
		return 0, fmt.Errorf("a single value is longer than %d MiB", maxTokenBytes>>20)
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	return n, err
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
func (s *scanner) fields() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if !s.enter(jsontext.KindBeginObject) {
			return
		}
		for s.more() {
			name := s.stringBytes()
			offset := s.dec.InputOffset()
			if !yield(name) {
				return
			}
			s.skipFrom(offset)
		}
		s.leave()
	}
}

// elements iterates over an array. The loop body reads the element, or else it is skipped; the body must not break.
func (s *scanner) elements() iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		if !s.enter(jsontext.KindBeginArray) {
			return
		}
		for s.more() {
			offset := s.dec.InputOffset()
			if !yield(struct{}{}) {
				return
			}
			s.skipFrom(offset)
		}
		s.leave()
	}
}
