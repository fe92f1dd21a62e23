package report

import (
	"errors"
	"fmt"
	"os"
)

// runnerFile is a file through which a step passes values to its runner. It does not use go-githubactions, which panics if a
// file can't be opened.
type runnerFile struct {
	path    string // "" outside of a workflow
	content string // named in the warning when a write fails
	log     *logger
	size    int  // in bytes, as written here
	failed  bool // whether the warning was logged
}

// append adds text and reports whether that succeeded. The first failure is logged; none changes the outcome.
func (f *runnerFile) append(text string) bool {
	err := f.write(text)
	if err != nil && !f.failed {
		f.failed = true
		f.log.annotateWarning("failed to write " + f.content + ": " + err.Error())
	}
	return err == nil
}

// write appends text with one system call, so that a process that is killed does not leave half of it.
func (f *runnerFile) write(text string) (err error) {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("failed to open a file of the runner: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	n, err := file.WriteString(text)
	f.size += n
	if err != nil {
		return fmt.Errorf("failed to write a file of the runner: %w", err)
	}
	return nil
}
