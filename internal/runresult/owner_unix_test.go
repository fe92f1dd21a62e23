//go:build unix

package runresult

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
)

// TestReader_Save_owner checks that files and new folders get the owner of the workspace.
func TestReader_Save_owner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can change the owner of a file")
	}
	workspace := t.TempDir()
	if err := os.Chown(workspace, 1001, 127); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		_, client := newSandbox(t, "success", nil)
		reader := &Reader{Client: client, Run: runJob(t, client, 0)}
		if warnings := reader.Save(t.Context(), workspace, "a/b", []string{manifestFile}); len(warnings) > 0 {
			t.Errorf("warnings: %q", warnings)
		}
	})
	for _, name := range []string{"a", "a/b", "a/b/manifest.json"} {
		info, err := os.Stat(filepath.Join(workspace, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); !ok || owner.Uid != 1001 || owner.Gid != 127 {
			t.Errorf("%s has the owner %+v, want user 1001 and group 127", name, info.Sys())
		}
	}
}
