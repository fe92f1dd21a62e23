package sanitize

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// minSecretBytes is the length of the shortest text that is redacted. Shorter secrets are left to the runner's masks, because
// replacing them would break up other words.
const minSecretBytes = 4

// NewCleaner returns a Cleaner that redacts secrets, each of their lines, and the escaped forms in which a service can quote
// either of them.
func NewCleaner(secrets []string) Cleaner {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, secret)
		for _, line := range secretLines(secret) {
			forms = append(append(forms, line, base64.RawStdEncoding.EncodeToString([]byte(line))), escapedForms(line)...)
		}
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return len(strings.TrimSpace(form)) < minSecretBytes })
	// The longest first, because a secret can start with another one.
	slices.SortStableFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var replacements []string
	for _, form := range forms {
		replacements = append(replacements, form, "***")
	}
	return Cleaner{strings.NewReplacer(replacements...), forms}
}

// Masks returns what a runner has to mask for secret: the secret and its escaped forms. The runner itself also masks each
// line of what it gets, and the base64 form.
// See https://github.com/actions/runner/blob/main/src/Runner.Common/HostContext.cs.
func Masks(secret string) []string {
	masks := []string{secret}
	for _, line := range secretLines(secret) {
		masks = append(masks, escapedForms(line)...)
	}
	return masks
}

// secretLines returns the lines of a secret that are long enough to be redacted.
func secretLines(secret string) []string {
	lines := strings.FieldsFunc(secret, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return slices.DeleteFunc(lines, func(line string) bool { return len(line) < minSecretBytes })
}

// escapedForms returns the forms of a line that differ from it, each once: in XML and HTML with named or numeric entities, in
// JSON with and without HTML escapes, in ASCII, and in a URL.
func escapedForms(line string) []string {
	var xmlText, jsonText bytes.Buffer
	// Writing to a buffer can't fail, and each string has a JSON form.
	_ = xml.EscapeText(&xmlText, []byte(line))
	encoder := json.NewEncoder(&jsonText)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(line)
	htmlSafe, _ := json.Marshal(line)
	forms := []string{
		xmlText.String(), html.EscapeString(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(line),
		unquote(string(htmlSafe)), unquote(strings.TrimSpace(jsonText.String())), unquote(strconv.QuoteToASCII(line)),
		url.QueryEscape(line), strings.ReplaceAll(url.QueryEscape(line), "+", "%20"), url.PathEscape(line),
	}
	slices.Sort(forms)
	return slices.DeleteFunc(slices.Compact(forms), func(form string) bool { return form == line })
}

func unquote(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`) }
