package report

import (
	"errors"
	"fmt"
	"os"
)

// file is one of the files by which a step talks to its runner. It is written by hand: go-githubactions panics where a
// file can't be opened.
type file struct {
	path string // "" outside of a workflow
	size int    // written so far
}

// append adds text, in one write, so that a process that is killed leaves no half of it.
func (f *file) append(text string) (err error) {
	out, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("failed to open a file of the runner: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err := out.WriteString(text)
	f.size += n
	if err != nil {
		return fmt.Errorf("failed to write a file of the runner: %w", err)
	}
	return nil
}
