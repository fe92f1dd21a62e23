package targetfolder

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// BenchmarkReadManifestOf300MB reads a target folder of a large project from disk, on one core: a manifest.json of 300 MB, of
// 20,000 models and 40,000 tests with their SQL, and the run_results.json of the models.
func BenchmarkReadManifestOf300MB(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	folder := b.TempDir()
	size := writeBigTargetFolder(b, folder)
	debug.FreeOSMemory()
	b.ReportAllocs()
	b.SetBytes(size)
	peak := measurePeak(b)
	for b.Loop() {
		run, err := Reader{Workspace: folder, Paths: []string{"."}, MaxAge: time.Hour, Manifests: true}.Read(b.Context())
		if err != nil || len(run.Build.Nodes) != 20_000 {
			b.Fatalf("%d nodes, %v", len(run.Build.Nodes), err)
		}
	}
	b.ReportMetric(float64(peak())/(1<<20), "peak-MiB")
}

// measurePeak samples the memory that the Go runtime uses, in bytes, until the function that it returns is called.
func measurePeak(b *testing.B) (peak func() uint64) {
	b.Helper()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var highest uint64
		samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for ticker := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-stop:
				done <- highest
				return
			case <-ticker.C:
				metrics.Read(samples)
				highest = max(highest, samples[0].Value.Uint64()-samples[1].Value.Uint64())
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-done
	}
}

func writeBigTargetFolder(b *testing.B, folder string) (size int64) {
	b.Helper()
	sql := strings.Repeat(`select\n    order_id,\n    \"Customer Name\",\n    sum(amount) as amount\nfrom {{ ref('stg_orders') }}\n`, 60)
	generatedAt := time.Now().UTC().Format(time.RFC3339Nano)
	for name, write := range map[string]func(*bufio.Writer){
		manifestFile: func(w *bufio.Writer) {
			fmt.Fprintf(w, `{"metadata":{"generated_at":%q},"nodes":{`, generatedAt)
			for i := range 20_000 {
				fmt.Fprintf(w, `"model.shop.model_%06d":{"database":"ANALYTICS","schema":"PROD","name":"model_%06d","resource_type":"model","config":{"materialized":"table"},`+
					`"depends_on":{"nodes":["model.shop.model_%06d"]},"raw_code":"%s","compiled_code":"%s"},`, i, i, i/2, sql, sql)
			}
			for i := range 40_000 {
				fmt.Fprintf(w, `"test.shop.not_null_%06d":{"name":"not_null","raw_code":"%s","depends_on":{"nodes":["model.shop.model_%06d"]}},`, i, sql[:1500], i/3)
			}
			fmt.Fprint(w, `"operation.shop.last":{}},"exposures":{},"parent_map":{}}`)
		},
		resultsFile: func(w *bufio.Writer) {
			fmt.Fprintf(w, `{"metadata":{"generated_at":%q},"results":[`, generatedAt)
			for i := range 20_000 {
				fmt.Fprintf(w, `{"status":"success","unique_id":"model.shop.model_%06d","relation_name":"ANALYTICS.PROD.model_%06d","compiled_code":"%s"},`, i, i, sql)
			}
			fmt.Fprint(w, `{}],"args":{"which":"build"}}`)
		},
	} {
		file, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			b.Fatal(err)
		}
		w := bufio.NewWriter(file)
		write(w)
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
		info, err := file.Stat()
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

// TestReader_Read_canceled asserts that a step that is canceled does not wait for a large file.
func TestReader_Read_canceled(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, resultsFile), []byte(`{"metadata":{},"results":[`+strings.Repeat("{},", 1_000_000)+"{}]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := Reader{Workspace: folder, Paths: []string{"."}, MaxAge: time.Hour}
	if result, err := r.Read(ctx); err == nil || len(result.Run.Commands) != 1 {
		t.Errorf("Read() = %+v, %v, want one command of unknown age", result.Run, err)
	}
	cancel()
	if result, err := r.Read(ctx); err == nil || len(result.Run.Commands) != 0 {
		t.Errorf("Read() = %+v, %v after it was canceled, want an error", result.Run, err)
	}
}

// TestReader_Read_no_workspace asserts that a workspace that is not there is an error about the input.
func TestReader_Read_no_workspace(t *testing.T) {
	t.Parallel()
	_, err := Reader{Workspace: filepath.Join(t.TempDir(), "missing"), Paths: []string{"target"}}.Read(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "dbt-target-path: failed to open the workspace: ") {
		t.Errorf("error %v, want one about the workspace", err)
	}
}
