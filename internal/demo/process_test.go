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

// BenchmarkProcess runs the whole sequence with one workbook against services without delays. It measures the processor
// time and the peak memory of the program as it is in the image, and of a short Python script that does the same.
func BenchmarkProcess(b *testing.B) {
	program := buildProgram(b)
	// The command in the path may be a script that looks for the interpreter.
	interpreter, err := exec.CommandContext(b.Context(), "python3", "-c", "import sys; print(sys.executable, end='')").Output()
	if err != nil {
		interpreter = []byte("python3") // its cases are skipped if there is none
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
				cpu = measure(func() (float64, error) { return cpuMillis(b, bc.tls, bc.command) })
				peak = measure(func() (float64, error) { return peakMiB(b, bc.tls, bc.command) })
			}
			if len(cpu) < samples || len(peak) < samples {
				b.Fatal("some processes failed")
			}
			b.ReportMetric(0, "ns/op") // nearly all of it is the second between two polls
			b.ReportMetric(cpu[samples/2], "cpu-ms")
			b.ReportMetric(cpu[samples-1], "cpu-ms-worst")
			b.ReportMetric(peak[samples/2], "peak-MiB")
			b.ReportMetric(peak[samples-1], "peak-MiB-worst")
		})
	}
}

// buildProgram builds the program as it is in the image, and returns its path.
func buildProgram(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "dbt-tableau-refresh")
	if text, err := exec.CommandContext(b.Context(), "../../.ci/build", program).CombinedOutput(); err != nil {
		b.Fatalf("failed to build the program: %v\n%s", err, text)
	}
	return program
}

// samples is the number of processes for each figure.
const samples = 20

// measure calls figure many times, and returns the results in ascending order, without those of failures. The calls start
// one after the other and run concurrently.
func measure(figure func() (float64, error)) []float64 {
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
	state, err := runProcess(b, tls, command)
	return (state.UserTime() + state.SystemTime()).Seconds() * 1000, err
}

// peakMiB uses GNU time, because the system adds the memory of the Go process to that of a process that it starts.
func peakMiB(b *testing.B, tls bool, command []string) (float64, error) {
	figure := filepath.Join(b.TempDir(), "time")
	if _, err := runProcess(b, tls, append([]string{"/usr/bin/time", "-f", "%M", "-o", figure}, command...)); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(figure)
	if err != nil {
		return 0, err
	}
	var kibibytes float64
	_, err = fmt.Sscan(string(text), &kibibytes)
	return kibibytes / 1024, err
}

// runProcess runs a process until its end, with services of its own: with shared services, a sign-in would end the
// session of another process.
func runProcess(b *testing.B, tls bool, command []string) (*os.ProcessState, error) {
	scenario, _ := sandbox.Find("success")
	s, err := startServers(options{scenario: scenario.Faster(1_000_000), host: "127.0.0.1", tls: tls}, io.Discard)
	if err != nil {
		b.Error(err)
		return nil, err
	}
	defer s.close()
	dir := b.TempDir()
	process := exec.CommandContext(b.Context(), command[0], command[1:]...)
	process.Env = []string{
		// The image has one file of certificates, and no folder.
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
