package tableau

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
)

// TestDecode_forbiddenCharacters checks that characters that XML 1.0 forbids are replaced, and that everything else stays.
func TestDecode_forbiddenCharacters(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, xml, want string
	}{
		{"decimal_reference", "a&#11;b", "a b"},
		{"hexadecimal_reference", "a&#x1B;b&#x1f;c", "a b c"},
		{"null", "a&#0;b&#x0000;c\x00d", "a b c d"},
		{"bytes", "a\x0bb\x1bc\x7f", "a b c\x7f"},
		{"permitted_control_characters", "a&#9;b&#10;c\td\ne", "a\tb\nc\td\ne"},
		{"not_a_character", "a&#xFFFE;b&#65535;c\xef\xbf\xbfd", "a\ufffdb\ufffdc\ufffdd"},
		{"out_of_range", "a&#x110000;b&#99999999999999999999;c", "a\ufffdb\ufffdc"},
		{"invalid_utf8", "a\xffb\xe9c\xed\xa0\xbdd", "a\ufffdb\ufffdc\ufffd\ufffd\ufffdd"},
		{"surrogate_pair", "a&#55357;&#56842;b&#xD83D;&#xDE0A;c", "a\U0001F60Ab\U0001F60Ac"},
		{"mixed_surrogate_pair", "&#xD83D;&#56842;", "\U0001F60A"},
		{"single_surrogates", "a&#55357;b&#56842;&#55357;c&#55357;&#55357;&#56842;", "a\ufffdb\ufffd\ufffdc\ufffd\U0001F60A"},
		{"markup", "a&#60;b&#x26;amp;&lt;&amp;#11;", "a<b&amp;<&#11;"},
		{"zeros_in_front", "&#000000000000065;&#x0000011;", "A "},
		{"cdata", "a<![CDATA[&#11;\x0b<!-- &#0; --><x>]]>&#11;b", "a&#11; <!-- &#0; --><x> b"},
		{"comment", "a<!-- &#11;\x0b <![CDATA[ -->&#11;b", "a b"},
		{"other_scripts", "売上é&#28857;\U0001F60A&#128522;", "売上é点\U0001F60A\U0001F60A"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got struct {
				Text string `xml:"text"`
			}
			if err := decode([]byte("<tsResponse><text>"+tc.xml+"</text></tsResponse>"), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Text); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecode_malformed checks that only characters are replaced, and that other malformed XML remains an error.
func TestDecode_malformed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"&#X1B;", "&#;", "&#x;", "&#1B;", "&#11", "&#-1;", "&#+1;", "<![CDATA[", "<!--", "&", "&#"} {
		if err := decode([]byte("<tsResponse>"+text+"</tsResponse>"), &page[Item]{}); err == nil {
			t.Errorf("decode(%q) returned no error", text)
		}
	}
}

// TestParseError_forbiddenCharacters checks that an error keeps its code.
func TestParseError_forbiddenCharacters(t *testing.T) {
	t.Parallel()
	err := &rest.StatusError{Status: http.StatusConflict, Body: []byte(
		`<tsResponse><error code="409093"><summary>Resource&#11;Conflict</summary><detail>Job for 'Q3` + "\x0b\x00" + `&#x1B;' is queued.</detail></error></tsResponse>`)}
	parseError(err)
	if err.Code != "409093" || err.Message != "Resource Conflict: Job for 'Q3   ' is queued" {
		t.Errorf("code %q, message %q", err.Code, err.Message)
	}
}

// FuzzReplaceForbidden checks that a parser accepts each character that is left, and that XML without forbidden characters
// has the same text as before.
func FuzzReplaceForbidden(f *testing.F) {
	for _, seed := range []string{"a&#11;b", "&#55357;&#56842;", "<!-- &#11;", "<![CDATA[&#11;]]>&#xD83D;", "&#99999999999;", "\x00\xff", "<x y='&#0;'/>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = "<r>" + text + "</r>"
		var before, after struct {
			Inner string `xml:",innerxml"`
			Text  string `xml:",chardata"`
		}
		beforeErr := xml.Unmarshal([]byte(text), &before)
		afterErr := newDecoder([]byte(text)).Decode(&after)
		if afterErr != nil && (strings.Contains(afterErr.Error(), "illegal character") || strings.Contains(afterErr.Error(), "invalid UTF-8")) {
			t.Errorf("%q: %v", text, afterErr)
		}
		if beforeErr == nil && afterErr != nil {
			t.Errorf("%q can no longer be decoded: %v", text, afterErr)
		}
		if beforeErr == nil && !strings.Contains(text, "&#") && before.Text != after.Text {
			t.Errorf("%q became %q", before.Text, after.Text)
		}
	})
}

func BenchmarkDecodeListOf10MB(b *testing.B) {
	const item = `<workbook id="6b7179ba-b82b-4f0f-91ed-812074ac5da6" name="Weekly &amp; revenue &#39;x&#39;" description="Q3&#11;targets &#x1B; é ü" ` +
		`webpageUrl="https://10ay.online.tableau.com/#/site/nordlys/workbooks/265605" createdAt="2026-01-01T00:00:00Z"><project id="c0ffee00-1000-4000-8000-000000000003"/></workbook>`
	body := []byte("<tsResponse><workbooks>" + strings.Repeat(item, 10<<20/len(item)) + "</workbooks></tsResponse>")
	b.Run("replace", func(b *testing.B) {
		for b.Loop() {
			replaceForbidden(body)
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if err := decode(body, &page[Item]{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
