//go:build unix

package runresult

import (
	"os"
	"path"
	"syscall"
)

// chownLikeRoot gives a file, and the folders above it, the owner of the root folder: the container runs as root, but the steps
// after it do not.
func chownLikeRoot(root *os.Root, name string) error {
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
