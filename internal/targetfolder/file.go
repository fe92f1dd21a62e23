package targetfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// find returns the target folders, each once. Those that a pattern matches have results.
func (r Reader) find(root *os.Root) (folders []string, errs []error) {
	for _, pattern := range r.Paths {
		matches := []string{pattern}
		if strings.ContainsAny(pattern, `*?[\`) {
			matches, _ = fs.Glob(root.FS(), pattern) // config rejects a bad pattern
			matches = slices.DeleteFunc(matches, func(name string) bool { return !hasResults(root, name) })
		}
		if len(matches) == 0 {
			errs = append(errs, fmt.Errorf(`%s: run "dbt build" before this step, or correct the pattern. No folder that matches %q contains %s`, inputName, pattern, resultsFile))
		}
		folders = append(folders, matches...)
	}
	return distinctFolders(root, folders), errs
}

// hasResults reports whether there is something by the name of results, whatever it is: what can't be used is an error later.
func hasResults(root *os.Root, folder string) bool {
	_, err := root.Lstat(path.Join(folder, resultsFile))
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// distinctFolders returns the folders without those that another name or link leads to.
func distinctFolders(root *os.Root, names []string) []string {
	var seen []fs.FileInfo
	return slices.DeleteFunc(names, func(name string) bool {
		info, err := root.Stat(name)
		if err != nil {
			return false // reading it returns the error
		}
		duplicate := slices.ContainsFunc(seen, func(other fs.FileInfo) bool { return os.SameFile(info, other) })
		seen = append(seen, info)
		return duplicate
	})
}

// openFile opens a regular file inside the root. It follows links, but not out of the root, and never waits: a pipe without a
// writer would block.
func openFile(root *os.Root, name string) (*os.File, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%q does not exist", name)
	case err != nil && strings.Contains(err.Error(), "path escapes"): // package os does not export this error
		return nil, fmt.Errorf("%q leads out of the workspace through a link, which is not followed", name)
	case err != nil:
		return nil, fmt.Errorf("%q can't be opened: %w", name, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%q is not a file, but %s", name, kindOfFile(info.Mode()))
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func kindOfFile(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	}
	return "a device or a socket"
}
