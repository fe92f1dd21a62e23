package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	image  = "ghcr.io/acme/dbt-tableau-refresh@" + digest
)

func TestPin(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		text    string
		image   string
		want    string
		wantErr string
	}{
		{
			name:  "single_quotes",
			text:  "# image: 'Dockerfile'\nname: x\nruns:\n  using: 'docker'\n  image: 'Dockerfile' # why\n  args: []\n",
			image: image,
			want:  "# image: 'Dockerfile'\nname: x\nruns:\n  using: 'docker'\n  image: 'docker://" + image + "' # why\n  args: []\n",
		},
		{name: "double_quotes", text: "runs:\n  image: \"Dockerfile\"", image: image, want: "runs:\n  image: 'docker://" + image + "'"},
		{name: "plain", text: "runs: {image: Dockerfile, args: []}", image: image, want: "runs: {image: 'docker://" + image + "', args: []}"},
		{
			name:  "after_other_letters",
			text:  "inputs:\n  a: {default: Dockerfile, description: 'größer'}\nruns:\n  image:   Dockerfile\r\n",
			image: image,
			want:  "inputs:\n  a: {default: Dockerfile, description: 'größer'}\nruns:\n  image:   'docker://" + image + "'\r\n",
		},
		{name: "a_port", text: "runs: {image: Dockerfile}", image: "localhost:5000/x@" + digest, want: "runs: {image: 'docker://localhost:5000/x@" + digest + "'}"},
		{name: "released", text: "runs:\n  image: 'docker://" + image + "'\n", image: image, wantErr: "line 2 names \"docker://ghcr.io/"},
		{name: "other_file", text: "runs: {image: sub/Dockerfile}", image: image, wantErr: "and not Dockerfile"},
		{name: "no_runs", text: "name: x\n", image: image, wantErr: "failed to find runs.image"},
		{name: "no_image", text: "runs: {using: docker}\n", image: image, wantErr: "failed to find runs.image"},
		{name: "a_list", text: "runs: {image: [Dockerfile]}\n", image: image, wantErr: "failed to find runs.image"},
		{name: "empty", text: "", image: image, wantErr: "it is empty"},
		{name: "not_yaml", text: "\t", image: image, wantErr: "failed to read action.yml"},
		{name: "folded", text: "runs:\n  image: >-\n    Dockerfile\n", image: image, wantErr: "write it as 'Dockerfile'"},
		{name: "anchored", text: "runs:\n  image: &i Dockerfile\n  other: *i\n", image: image, wantErr: "write it as 'Dockerfile'"},
		{name: "a_tag", text: "runs: {image: Dockerfile}", image: "ghcr.io/acme/x:v1@" + digest, wantErr: "REGISTRY/NAME@sha256:DIGEST"},
		{name: "no_digest", text: "runs: {image: Dockerfile}", image: "ghcr.io/acme/x:v1", wantErr: "REGISTRY/NAME@sha256:DIGEST"},
		{name: "no_registry", text: "runs: {image: Dockerfile}", image: "x@" + digest, wantErr: "REGISTRY/NAME@sha256:DIGEST"},
		{name: "short_digest", text: "runs: {image: Dockerfile}", image: image[:len(image)-1], wantErr: "64 digits"},
		{name: "long_digest", text: "runs: {image: Dockerfile}", image: image + "0", wantErr: "64 digits"},
		{name: "digest_in_capitals", text: "runs: {image: Dockerfile}", image: strings.ReplaceAll(image, "f", "F"), wantErr: "64 digits"},
		{name: "other_digest", text: "runs: {image: Dockerfile}", image: strings.ReplaceAll(image, "sha256", "sha512"), wantErr: "64 digits"},
		{name: "capitals", text: "runs: {image: Dockerfile}", image: strings.ReplaceAll(image, "acme", "Acme"), wantErr: "in lower case"},
		{name: "scheme", text: "runs: {image: Dockerfile}", image: "docker://" + image, wantErr: "REGISTRY/NAME@sha256:DIGEST"},
		{name: "second_line", text: "runs: {image: Dockerfile}", image: image + "\n", wantErr: "REGISTRY/NAME@sha256:DIGEST"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := pin([]byte(tc.text), tc.image)
			checkError(t, err, tc.wantErr)
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("pin (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPin_own_action pins the action of this repository: only its image changes. In the commit of a release, it is pinned
// already, and can't be pinned again.
func TestPin_own_action(t *testing.T) {
	t.Parallel()

	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "\n  image: 'docker://") {
		_, err := pin(text, image)
		checkError(t, err, "is this a release already?")
		return
	}
	got, err := pin(text, image)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(string(text), "\n  image: 'Dockerfile'\n", "\n  image: 'docker://"+image+"'\n", 1)
	if diff := cmp.Diff(want, string(got)); diff != "" || want == string(text) {
		t.Errorf("action.yml (-want +got):\n%s", diff)
	}
}
