package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// BenchmarkProcess is the whole sequence with one workbook, of services that answer at once: the processor time and the
// peak of memory of the program as the image has it, and of a short script in Python that does the same.
func BenchmarkProcess(b *testing.B) {
	program := build(b)
	// The interpreter itself: what stands in the path may be a script that looks for it.
	interpreter, err := exec.CommandContext(b.Context(), "python3", "-c", "import sys; print(sys.executable, end='')").Output()
	if err != nil {
		interpreter = []byte("python3") // there is none, and its cases are skipped
	}
	script := []string{string(interpreter), "testdata/naive.py"}
	cases := []struct {
		name    string
		tls     bool
		command []string
	}{
		{"over_http", false, []string{program}},
		{"over_http_naive_Python", false, script},
		{"over_https", true, []string{program}},
		{"over_https_naive_Python", true, script},
	}
	for _, bc := range cases {
		b.Run(bc.name, func(b *testing.B) {
			for _, needed := range []string{"/usr/bin/time", bc.command[0]} {
				if _, err := exec.LookPath(needed); err != nil {
					b.Skip(err)
				}
			}
			var cpu, peak []float64
			for b.Loop() {
				cpu = sample(func() (float64, error) { return cpuMillis(b, bc.tls, bc.command) })
				peak = sample(func() (float64, error) { return peakMiB(b, bc.tls, bc.command) })
			}
			if len(cpu) < samples || len(peak) < samples {
				b.Fatal("some processes failed")
			}
			b.ReportMetric(0, "ns/op") // nearly all of it is the second that must lie between two looks
			b.ReportMetric(cpu[samples/2], "cpu-ms")
			b.ReportMetric(cpu[samples-1], "cpu-ms-worst")
			b.ReportMetric(peak[samples/2], "peak-MiB")
			b.ReportMetric(peak[samples-1], "peak-MiB-worst")
		})
	}
}

// build makes the program as the image has it, and returns its path.
func build(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "dbt-tableau-refresh")
	if text, err := exec.CommandContext(b.Context(), "../../.ci/build", program).CombinedOutput(); err != nil {
		b.Fatalf("failed to build the program: %v\n%s", err, text)
	}
	return program
}

// samples is how many processes a figure is taken from.
const samples = 20

// sample takes a figure many times, and returns the figures in ascending order, without those that failed. Processes
// start one after the other and wait side by side.
func sample(figure func() (float64, error)) []float64 {
	var figures []float64
	var mu sync.Mutex
	var all sync.WaitGroup
	for range samples {
		all.Go(func() {
			if f, err := figure(); err == nil {
				mu.Lock()
				defer mu.Unlock()
				figures = append(figures, f)
			}
		})
		time.Sleep(100 * time.Millisecond)
	}
	all.Wait()
	slices.Sort(figures)
	return figures
}

func cpuMillis(b *testing.B, tls bool, command []string) (float64, error) {
	ended, err := sequence(b, tls, command)
	return (ended.UserTime() + ended.SystemTime()).Seconds() * 1000, err
}

// peakMiB asks GNU time: the system counts the memory of Go's own process as that of one that it starts.
func peakMiB(b *testing.B, tls bool, command []string) (float64, error) {
	told := filepath.Join(b.TempDir(), "time")
	if _, err := sequence(b, tls, append([]string{"/usr/bin/time", "-f", "%M", "-o", told}, command...)); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(told)
	if err != nil {
		return 0, err
	}
	var kibibytes float64
	_, err = fmt.Sscan(string(text), &kibibytes)
	return kibibytes / 1024, err
}

// sequence runs a process to its end, with services of its own: a new sign-in would end the session of another.
func sequence(b *testing.B, tls bool, command []string) (*os.ProcessState, error) {
	scenario, _ := sandbox.Find("success")
	s, err := open(options{scenario: scenario.Faster(1_000_000), host: "127.0.0.1", tls: tls}, io.Discard)
	if err != nil {
		b.Error(err)
		return nil, err
	}
	defer s.close()
	dir := b.TempDir()
	process := exec.CommandContext(b.Context(), command[0], command[1:]...)
	process.Env = []string{
		// The image has one file of certificates, and no folder of them.
		"SSL_CERT_DIR=" + dir,
		"GITHUB_ACTIONS=true",
		"GITHUB_OUTPUT=" + filepath.Join(dir, "output"),
		"GITHUB_STATE=" + filepath.Join(dir, "state"),
		"GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary"),
	}
	s.inputs["tableau-workbooks"], _, _ = strings.Cut(s.inputs["tableau-workbooks"], "\n")
	s.inputs["tableau-datasources"] = ""
	for name, value := range s.inputs {
		process.Env = append(process.Env, "INPUT_"+strings.ToUpper(name)+"="+value)
	}
	text, err := process.CombinedOutput()
	if err != nil {
		b.Errorf("%s: %v\n%s", strings.Join(command, " "), err, text)
	}
	return process.ProcessState, err
}
