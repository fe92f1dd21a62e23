package report

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

// shortest is the length of the shortest text that is hidden here. Shorter ones are left to the runner: without them every
// other word would be gone.
const shortest = 4

// hiding returns a cleaner that replaces secrets, each of their lines, and both as an answer may quote them.
func hiding(secrets []string) cleaner {
	var all []string
	for _, secret := range secrets {
		all = append(all, secret)
		for _, line := range linesOf(secret) {
			all = append(append(all, line, base64.RawStdEncoding.EncodeToString([]byte(line))), escaped(line)...)
		}
	}
	all = slices.DeleteFunc(all, func(form string) bool { return len(strings.TrimSpace(form)) < shortest })
	// The longest first: a secret may begin with another one.
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, form := range all {
		pairs = append(pairs, form, "***")
	}
	return cleaner{strings.NewReplacer(pairs...), all}
}

// masks returns what the runner has to be told about a secret: itself, and the escaped forms. It finds lines and base64 alone.
func masks(secret string) []string {
	all := []string{secret}
	for _, line := range linesOf(secret) {
		all = append(all, escaped(line)...)
	}
	return all
}

// linesOf returns the lines of a secret that are long enough to be hidden.
func linesOf(secret string) []string {
	lines := strings.FieldsFunc(secret, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return slices.DeleteFunc(lines, func(line string) bool { return len(line) < shortest })
}

// escaped returns the forms of a line that differ from it, each once: in XML and HTML with its signs named or numbered, in
// JSON with and without care for HTML, in ASCII alone, and in an address.
func escaped(line string) []string {
	var x bytes.Buffer
	// A buffer takes everything.
	_ = xml.EscapeText(&x, []byte(line))
	// A string always has a JSON form.
	careful, _ := json.Marshal(line)
	all := []string{
		x.String(), html.EscapeString(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(line),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(line),
		unquoted(string(careful)), unquoted(string(encode(line))), unquoted(strconv.QuoteToASCII(line)),
		url.QueryEscape(line), strings.ReplaceAll(url.QueryEscape(line), "+", "%20"), url.PathEscape(line),
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(form string) bool { return form == line })
}

func unquoted(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`) }
