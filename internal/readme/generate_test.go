package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const definition = `
inputs:
  # Connect to dbt
  dbt-token:
    description: |-
      - The token.
    required: true
  # The rest
  tableau-url:
    description: |-
      The URL
      of v2.1, ` + "`a|b`" + `. More.

      One of:

      - ` + "`a|b`" + `
      - nothing

      Nothing else.
  timeout:
    description: Maximum time
    default: '5h'
outputs:
  result:
    description: |-
      How it ended.

      In detail.
`

const markers = "# Title\n\n<!-- inputs:begin --><!-- inputs:end -->\nbetween\n<!-- outputs:begin -->\nold\n<!-- outputs:end -->\nend\n"

const generatedFull = `# Title

<!-- inputs:begin -->

### Connect to dbt

| Input | Default | Description |
| --- | --- | --- |
| <a id="input-dbt-token"></a>[` + "`dbt-token`" + `](#input-dbt-token) | **required** | • The token. |

### The rest

| Input | Default | Description |
| --- | --- | --- |
| <a id="input-tableau-url"></a>[` + "`tableau-url`" + `](#input-tableau-url) |  | The URL of v2.1, ` + "`a\\|b`" + `. More.<br><br>One of:<br>• ` + "`a\\|b`" + `<br>• nothing<br><br>Nothing else. |
| <a id="input-timeout"></a>[` + "`timeout`" + `](#input-timeout) | ` + "`5h`" + ` | Maximum time |

<!-- inputs:end -->
between
<!-- outputs:begin -->

| Output | Description |
| --- | --- |
| <a id="output-result"></a>[` + "`result`" + `](#output-result) | How it ended.<br><br>In detail. |

<!-- outputs:end -->
end
`

const generatedShort = `# Title

<!-- inputs:begin -->

| Input | Default | Description |
| --- | --- | --- |
| ` + "`timeout`" + ` | ` + "`5h`" + ` | Maximum time |
| ` + "`tableau-url`" + ` |  | The URL of v2.1, ` + "`a\\|b`" + `. |

<!-- inputs:end -->
between
<!-- outputs:begin -->

| Output | Description |
| --- | --- |
| ` + "`result`" + ` | How it ended. |

<!-- outputs:end -->
end
`

func TestGenerate(t *testing.T) {
	t.Parallel()

	m, err := parseMetadata([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	essential, err := m.Inputs.byName([]string{"timeout", "tableau-url"})
	if err != nil {
		t.Fatal(err)
	}
	short := tables{inputs: shortInputTable(essential), outputs: shortOutputTable(m.Outputs)}
	cases := []struct {
		name     string
		document string
		tables   tables
		want     string
	}{
		{name: "full", document: markers, tables: fullTables(m), want: generatedFull},
		{name: "full_again", document: generatedFull, tables: fullTables(m), want: generatedFull},
		{name: "short", document: markers, tables: short, want: generatedShort},
		{name: "short_again", document: generatedShort, tables: short, want: generatedShort},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := generate(tc.document, tc.tables)
			if err != nil {
				t.Fatalf("generate failed: %v", err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("generate (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGenerate_markers(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		document string
		want     string
	}{
		{name: "none", document: "# Title", want: "failed to find the inputs"},
		{name: "twice", document: markers + "<!-- outputs:begin -->", want: "failed to find the outputs"},
		{name: "out_of_order", document: "<!-- inputs:end --><!-- inputs:begin -->", want: "must be before"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			_, err := generate(tc.document, tables{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("generate() = %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestParseMetadata_errors(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name       string
		definition string
		want       string
	}{
		{name: "no_description", definition: "inputs:\n  a:\n    default: x\n", want: "a has no description"},
		{name: "not_a_mapping", definition: "inputs: [a]\n", want: "must be a mapping"},
		{name: "not_yaml", definition: "\t", want: "failed to parse the action"},
		{name: "no_essential_input", definition: definition, want: "action.yml has no input dbt-job-id"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			m, err := parseMetadata([]byte(tc.definition))
			if err == nil {
				_, err = shortTables(m)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got the error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestDocuments_are_up_to_date(t *testing.T) {
	t.Parallel()

	repository := os.DirFS("../..")
	m, err := parseMetadata([]byte(readFile(t, repository, "action.yml")))
	if err != nil {
		t.Fatal(err)
	}
	short, err := shortTables(m)
	if err != nil {
		t.Fatal(err)
	}
	for name, tables := range map[string]tables{"README.md": short, "docs/inputs.md": fullTables(m)} {
		got := readFile(t, repository, name)
		want, err := generate(got, tables)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run go generate ./...: %s differs from action.yml (-want +got):\n%s", name, diff)
		}
	}
}
