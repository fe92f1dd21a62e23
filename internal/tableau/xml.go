package tableau

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

func decode(body []byte, payload any) error {
	if err := newDecoder(body).Decode(&tsResponse{payload}); err != nil {
		return fmt.Errorf("failed to decode: %w", err)
	}
	if payload, ok := payload.(validator); ok && !payload.isValid() {
		return errors.New("a required value is missing or invalid")
	}
	return nil
}

// tsResponse is the root element of each response. Its children are decoded into payload.
type tsResponse struct{ payload any }

// UnmarshalXML implements [xml.Unmarshaler].
func (r *tsResponse) UnmarshalXML(decoder *xml.Decoder, start xml.StartElement) error {
	if start.Name.Local != "tsResponse" {
		return fmt.Errorf("the root element is %q instead of tsResponse", start.Name.Local)
	}
	return decoder.DecodeElement(r.payload, &start)
}

type validator interface{ isValid() bool }

// newDecoder returns a decoder of a body in which the characters that XML 1.0 forbids are replaced. Tableau returns texts of
// users and databases with such characters, as bytes or as references, and a parser would reject the whole list.
// https://github.com/tableau/server-client-python/issues/677
func newDecoder(body []byte) *xml.Decoder {
	return xml.NewDecoder(bytes.NewReader(replaceForbidden(body)))
}

// permitted returns the character, or its replacement if XML 1.0 forbids it: a space for a control character, and U+FFFD for
// all others. https://www.w3.org/TR/xml/#charsets
func permitted(char rune) rune {
	switch {
	case char < ' ' && char != '\t' && char != '\n' && char != '\r':
		return ' '
	case utf16.IsSurrogate(char), char == 0xFFFE, char == 0xFFFF, char > unicode.MaxRune:
		return unicode.ReplacementChar
	}
	return char
}

// replaceForbidden replaces forbidden characters, references to them, and invalid UTF-8. Two references that form a surrogate
// pair become one character.
func replaceForbidden(body []byte) []byte {
	var replaced []byte
	copied, sectionEnd := 0, 0
	for i := 0; i < len(body); {
		char, length := rune(body[i]), 1
		switch {
		case char == '<' && i >= sectionEnd:
			sectionEnd = i + sectionLength(body[i:])
		case char == '&' && i >= sectionEnd:
			if char, length = parseReference(body[i:]); utf16.IsSurrogate(char) {
				low, lowLength := parseReference(body[i+length:])
				if pair := utf16.DecodeRune(char, low); pair != unicode.ReplacementChar {
					char, length = pair, length+lowLength
				}
			}
		case char >= utf8.RuneSelf:
			char, length = utf8.DecodeRune(body[i:])
		}
		isInvalid := char == utf8.RuneError && length == 1
		isPair := char > 0xFFFF && length > utf8.UTFMax // or a single reference, which can be replaced as well
		if isInvalid || isPair || char != permitted(char) {
			replaced = utf8.AppendRune(append(replaced, body[copied:i]...), permitted(char))
			copied = i + length
		}
		i += length
	}
	if copied == 0 {
		return body
	}
	return append(replaced, body[copied:]...)
}

// sectionLength returns the length of the comment or CDATA section that text begins with, which contains no references; 0 if
// there is none.
func sectionLength(text []byte) int {
	for _, section := range [...][2]string{{"<!--", "-->"}, {"<![CDATA[", "]]>"}} {
		if bytes.HasPrefix(text, []byte(section[0])) {
			content, _, _ := bytes.Cut(text, []byte(section[1]))
			return len(content)
		}
	}
	return 0
}

// parseReference returns the character and the length of the numeric reference that text begins with; '&' and 1 if there is
// none. The character might not exist.
func parseReference(text []byte) (char rune, length int) {
	number, isReference := bytes.CutPrefix(text, []byte("&#"))
	number, _, isClosed := bytes.Cut(number[:min(len(number), maxReferenceDigits)], []byte(";"))
	digits, isHex := bytes.CutPrefix(number, []byte("x"))
	base := 10
	if isHex {
		base = 16
	}
	code, err := strconv.ParseUint(string(digits), base, 31)
	if !isReference || !isClosed || errors.Is(err, strconv.ErrSyntax) {
		return '&', 1
	}
	return rune(code), len("&#;") + len(number)
}

const maxReferenceDigits = 32 // more than a reference needs, with zeros in front

// Time is a time in UTC that the API returned: RFC 3339, the same with a zone without a colon, or empty.
type Time struct {
	time.Time
	// Unreadable is true if there is a text in no known format of a time. The time is then zero.
	Unreadable bool
}

func (t Time) isSet() bool { return t.Unreadable || !t.IsZero() }

// UnmarshalXMLAttr implements [xml.UnmarshalerAttr]. It never fails.
func (t *Time) UnmarshalXMLAttr(attr xml.Attr) error {
	text := strings.Replace(strings.TrimSpace(attr.Value), " ", "T", 1)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			*t = Time{Time: parsed.UTC()}
			return nil
		}
	}
	*t = Time{Unreadable: text != ""}
	return nil
}

// OptionalBool is a boolean that Tableau does not always return. Its zero value is BoolUnknown.
type OptionalBool int

// The values of an OptionalBool. Every text that is neither true nor false is BoolUnknown.
const (
	BoolUnknown OptionalBool = iota
	BoolTrue
	BoolFalse
)

// UnmarshalXMLAttr implements [xml.UnmarshalerAttr]. It never fails.
func (b *OptionalBool) UnmarshalXMLAttr(attr xml.Attr) error {
	return b.UnmarshalJSON([]byte(strings.ToLower(strings.TrimSpace(attr.Value))))
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]. It never fails.
func (b *OptionalBool) UnmarshalJSON(data []byte) error {
	*b = map[string]OptionalBool{"true": BoolTrue, "1": BoolTrue, "false": BoolFalse, "0": BoolFalse}[string(data)]
	return nil
}
