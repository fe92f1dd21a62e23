package artifact

import (
	"bytes"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// nanReader replaces NaN, Infinity, and -Infinity outside of strings, which Python writes although they are not JSON. In their
// place, it returns an empty object and spaces, which have the same length and, like null, are absent for a [scanner].
// https://docs.python.org/3/library/json.html#infinite-and-nan-number-values
type nanReader struct {
	r io.Reader
	// dec is the decoder that reads from this reader.
	dec *jsontext.Decoder
	// pending are bytes that were read but not yet returned, because they might be the start of a constant.
	pending []byte
}

func (r *nanReader) Read(p []byte) (int, error) {
	n := copy(p, r.pending)
	more, err := r.r.Read(p[n:])
	data := p[:n+more]
	end := len(data)
	if err == nil {
		end -= partialConstant(data)
	}
	r.pending = append(r.pending[:0], data[end:]...)
	if data = data[:end]; bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Infinity")) {
		replaceConstants(data, r.dec.UnreadBuffer())
	}
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

// replaceConstants replaces the constants in data. The bytes before data start at the end of a token, and thus outside of a
// string.
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
