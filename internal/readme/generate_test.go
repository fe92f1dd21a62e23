package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const definition = `
inputs:
  timeout:
    description: The longest.
    default: '5h'
  tableau-url:
    description: |-
      The address
      of the server.

      One of:

      - ` + "`a|b`" + `
      - nothing

      Nothing else.
  dbt-token:
    description: |-
      - The token.
    required: true
outputs:
  result:
    description: How it ended.
`

const generated = `# Title

<!-- inputs:begin -->

### dbt

| Input | Default | Description |
| --- | --- | --- |
| <a id="input-dbt-token"></a>[` + "`dbt-token`" + `](#input-dbt-token) | **required** | • The token. |

### Tableau

| Input | Default | Description |
| --- | --- | --- |
| <a id="input-tableau-url"></a>[` + "`tableau-url`" + `](#input-tableau-url) |  | The address of the server.<br><br>One of:<br>• ` + "`a\\|b`" + `<br>• nothing<br><br>Nothing else. |

### The whole step

| Input | Default | Description |
| --- | --- | --- |
| <a id="input-timeout"></a>[` + "`timeout`" + `](#input-timeout) | ` + "`5h`" + ` | The longest. |

<!-- inputs:end -->
between
<!-- outputs:begin -->

| Output | Description |
| --- | --- |
| <a id="output-result"></a>[` + "`result`" + `](#output-result) | How it ended. |

<!-- outputs:end -->
end
`

func TestGenerate(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name   string
		readme string
	}{
		{
			name: "first_time",
			readme: "# Title\n\n<!-- inputs:begin --><!-- inputs:end -->\nbetween\n" +
				"<!-- outputs:begin -->\nold\n<!-- outputs:end -->\nend\n",
		},
		{name: "second_time", readme: generated},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := generate(tc.readme, []byte(definition))
			if err != nil {
				t.Fatalf("generate failed: %v", err)
			}
			if diff := cmp.Diff(generated, got); diff != "" {
				t.Errorf("generate (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGenerate_errors(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name       string
		readme     string
		definition string
		want       string
	}{
		{name: "no_markers", readme: "# Title", definition: definition, want: "failed to find the inputs"},
		{
			name:       "marker_twice",
			readme:     generated + "<!-- outputs:begin -->",
			definition: definition,
			want:       "failed to find the outputs",
		},
		{
			name:       "markers_out_of_order",
			readme:     "<!-- inputs:end --><!-- inputs:begin -->",
			definition: definition,
			want:       "must stand before",
		},
		{name: "no_description", readme: generated, definition: "inputs:\n  a:\n    default: x\n", want: "a has no description"},
		{name: "not_a_mapping", readme: generated, definition: "inputs: [a]\n", want: "must be a mapping"},
		{name: "not_yaml", readme: generated, definition: "\t", want: "failed to parse the action"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			_, err := generate(tc.readme, []byte(tc.definition))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("generate() = %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestReadme_is_up_to_date(t *testing.T) {
	t.Parallel()

	folder := filepath.Join("..", "..")
	definition, err := os.ReadFile(filepath.Join(folder, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(string(readme), definition)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(readme)); diff != "" {
		t.Errorf("run go generate ./...: README.md differs from action.yml (-want +got):\n%s", diff)
	}
}
