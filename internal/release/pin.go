package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// source is the image of a checkout: the Dockerfile beside action.yml.
const source = "Dockerfile"

// published is an image by its digest: a registry, a name in lower case, as registries ask for, and no tag, which could move.
var published = regexp.MustCompile(`^[a-z0-9.-]+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+@sha256:[0-9a-f]{64}$`)

// pin returns an action.yml that names a published image instead of its Dockerfile. Every other byte stays: the file is
// read as YAML only to find the place, and once more to see that nothing else has changed.
func pin(text []byte, image string) ([]byte, error) {
	if !published.MatchString(image) {
		return nil, fmt.Errorf("failed to pin %q: an image is written REGISTRY/NAME@sha256:DIGEST, in lower case and with 64 digits", image)
	}
	document, node, err := find(text)
	if err != nil {
		return nil, err
	}
	begin, length, err := place(text, node)
	if err != nil {
		return nil, err
	}
	wanted := "docker://" + image
	pinned := bytes.Join([][]byte{text[:begin], []byte("'" + wanted + "'"), text[begin+length:]}, nil)

	node.SetString(wanted)
	again, _, err := decode(pinned)
	if err != nil {
		return nil, fmt.Errorf("failed to read action.yml once it was written: %w", err)
	}
	if !slices.Equal(values(document), values(again)) {
		return nil, errors.New("failed to pin the image: more than runs.image would have changed")
	}
	return pinned, nil
}

// find returns the document and in it the node of runs.image, which has to be the Dockerfile.
func find(text []byte) (document, image *yaml.Node, err error) {
	document, root, err := decode(text)
	if err != nil {
		return nil, nil, fmt.Errorf("failed to read action.yml: %w", err)
	}
	image = child(child(root, "runs"), "image")
	if image == nil || image.Kind != yaml.ScalarNode {
		return nil, nil, errors.New("failed to find runs.image in action.yml")
	}
	if image.Value != source {
		return nil, nil, fmt.Errorf("failed to pin the image: action.yml line %d names %q, and not %s: is this a release already?", image.Line, image.Value, source)
	}
	return document, image, nil
}

func decode(text []byte) (document, root *yaml.Node, err error) {
	document = new(yaml.Node)
	if err := yaml.Unmarshal(text, document); err != nil {
		return nil, nil, err
	}
	if len(document.Content) == 0 {
		return nil, nil, errors.New("it is empty")
	}
	return document, document.Content[0], nil
}

// child is the value of a key; nil where there is none.
func child(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// place says where the bytes of a scalar are, its quotes included.
func place(text []byte, node *yaml.Node) (begin, length int, err error) {
	for range node.Line - 1 {
		begin += bytes.IndexByte(text[begin:], '\n') + 1
	}
	begin += node.Column - 1
	for _, spelling := range []string{source, "'" + source + "'", `"` + source + `"`} {
		if begin <= len(text) && bytes.HasPrefix(text[begin:], []byte(spelling)) {
			return begin, len(spelling), nil
		}
	}
	return 0, 0, fmt.Errorf("failed to find the image on line %d of action.yml: write it as '%s'", node.Line, source)
}

// values are all nodes in their order, with how much each holds: what a reader of the file makes of it.
func values(node *yaml.Node) []string {
	all := []string{fmt.Sprintln(node.ShortTag(), len(node.Content), node.Value)}
	for _, inner := range node.Content {
		all = append(all, values(inner)...)
	}
	return all
}
