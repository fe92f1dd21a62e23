package tableau

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// ignoredBody is the payload of a response whose body is not read.
type ignoredBody struct{}

// decode decodes the children of tsResponse into payload.
func decode(body []byte, payload any) error {
	if _, ok := payload.(*ignoredBody); ok {
		return nil
	}
	decoder := newDecoder(body)
	var root xml.StartElement
	for root.Name.Local == "" {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("failed to decode: %w", err)
		}
		root, _ = token.(xml.StartElement)
	}
	if root.Name.Local != "tsResponse" {
		return fmt.Errorf("it is a %q, not a tsResponse", root.Name.Local)
	}
	if err := decoder.DecodeElement(payload, &root); err != nil {
		return fmt.Errorf("failed to decode: %w", err)
	}
	if payload, ok := payload.(validator); ok {
		return payload.validate()
	}
	return nil
}

// validator is a payload with required fields.
type validator interface{ validate() error }

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
	var end string
	switch {
	case bytes.HasPrefix(text, []byte("<!--")):
		end = "-->"
	case bytes.HasPrefix(text, []byte("<![CDATA[")):
		end = "]]>"
	default:
		return 0
	}
	section, _, _ := bytes.Cut(text, []byte(end))
	return len(section)
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

// maxReferenceDigits is more than a reference needs, with zeros in front.
const maxReferenceDigits = 32
