package artifact

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json/jsontext"
)

// maxToken bounds one name, number or text, in bytes: the decoder holds it in one piece. No warehouse takes a statement
// of half the size, and an artifact's longest texts are statements.
const maxTokenBytes = 8 << 20

// scanner reads JSON of which little is wanted. Its methods read a value that is not of their type as if it were absent.
// The first error sticks: from then on, everything is absent.
type scanner struct {
	dec *jsontext.Decoder
	// buf is reused for each name and string.
	buf           []byte
	internedTexts map[string]string
	err           error
}

func newScanner(r io.Reader) *scanner {
	bounded := &boundedReader{r: r}
	// Looking for names that come twice would keep every name in memory; text that is not UTF-8 spoils only itself.
	dec := jsontext.NewDecoder(bounded, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	bounded.dec = dec
	return &scanner{dec: dec, internedTexts: map[string]string{}}
}

// boundedReader ends in an error when the decoder, still without the end of a token, asks for more than maxToken.
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

// document is fields for the whole input, which must be one object.
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

// fields goes through an object by the names of its fields. The body reads the value, or leaves it to be skipped; it
// must not break off. A name is valid only until the next one is read, at any depth.
func (s *scanner) fields() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if !s.enter(jsontext.KindBeginObject) {
			return
		}
		for s.more() {
			name := s.stringBytes()
			at := s.dec.InputOffset()
			if !yield(name) {
				return
			}
			s.skipFrom(at)
		}
		s.leave()
	}
}

// elements goes through an array. The body reads the element, or leaves it to be skipped; it must not break off.
func (s *scanner) elements() iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		if !s.enter(jsontext.KindBeginArray) {
			return
		}
		for s.more() {
			at := s.dec.InputOffset()
			if !yield(struct{}{}) {
				return
			}
			s.skipFrom(at)
		}
		s.leave()
	}
}
