//go:build unix

package pipeline

import (
	"os"
	"path"
	"syscall"
)

// giveToOwner makes a file, and the folders on the way to it, belong to whom the workspace belongs to: the container runs
// as root, the steps after it do not.
func giveToOwner(root *os.Root, name string) error {
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	for ; name != "."; name = path.Dir(name) {
		if err := root.Chown(name, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return nil
}
