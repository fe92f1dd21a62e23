package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// dockerfile is the value of runs.image between releases: the Dockerfile next to action.yml.
const dockerfile = "Dockerfile"

// imagePattern matches an image with a digest: a registry, a name in lower case, as registries require, and no tag, which
// could be moved.
var imagePattern = regexp.MustCompile(`^[a-z0-9.-]+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+@sha256:[0-9a-f]{64}$`)

// pin returns an action.yml with a published image instead of its Dockerfile. It keeps every other byte: it parses the file
// only to find the position, and again to check that nothing else has changed.
func pin(text []byte, image string) ([]byte, error) {
	if !imagePattern.MatchString(image) {
		return nil, fmt.Errorf("failed to pin %q: an image is written REGISTRY/NAME@sha256:DIGEST, in lower case and with 64 digits", image)
	}
	document, node, err := findImage(text)
	if err != nil {
		return nil, err
	}
	start, length, err := locate(text, node)
	if err != nil {
		return nil, err
	}
	reference := "docker://" + image
	pinned := bytes.Join([][]byte{text[:start], []byte("'" + reference + "'"), text[start+length:]}, nil)

	node.SetString(reference)
	pinnedDocument, _, err := decode(pinned)
	if err != nil {
		return nil, fmt.Errorf("failed to read action.yml once it was written: %w", err)
	}
	if !slices.Equal(nodeTexts(document), nodeTexts(pinnedDocument)) {
		return nil, errors.New("failed to pin the image: more than runs.image would have changed")
	}
	return pinned, nil
}

// findImage returns the document and its node of runs.image, which must be the Dockerfile.
func findImage(text []byte) (document, image *yaml.Node, err error) {
	document, root, err := decode(text)
	if err != nil {
		return nil, nil, fmt.Errorf("failed to read action.yml: %w", err)
	}
	image = mapValue(mapValue(root, "runs"), "image")
	if image == nil || image.Kind != yaml.ScalarNode {
		return nil, nil, errors.New("failed to find runs.image in action.yml")
	}
	if image.Value != dockerfile {
		return nil, nil, fmt.Errorf("failed to pin the image: action.yml line %d names %q, and not %s: is this a release already?", image.Line, image.Value, dockerfile)
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

// mapValue returns the value of a key of a mapping; nil if there is none.
func mapValue(node *yaml.Node, key string) *yaml.Node {
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

// locate returns the position and the length of a scalar in text, in bytes, including its quotes.
func locate(text []byte, node *yaml.Node) (start, length int, err error) {
	for range node.Line - 1 {
		start += bytes.IndexByte(text[start:], '\n') + 1
	}
	start += node.Column - 1
	for _, quoted := range []string{dockerfile, "'" + dockerfile + "'", `"` + dockerfile + `"`} {
		if start <= len(text) && bytes.HasPrefix(text[start:], []byte(quoted)) {
			return start, len(quoted), nil
		}
	}
	return 0, 0, fmt.Errorf("failed to find the image on line %d of action.yml: write it as '%s'", node.Line, dockerfile)
}

// nodeTexts returns the type, the number of children, and the value of each node, in order.
func nodeTexts(node *yaml.Node) []string {
	texts := []string{fmt.Sprintln(node.ShortTag(), len(node.Content), node.Value)}
	for _, child := range node.Content {
		texts = append(texts, nodeTexts(child)...)
	}
	return texts
}
