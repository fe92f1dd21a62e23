package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"testing"
)

// BenchmarkImage measures the content of the image, unpacked and packed: the program, and the certificates of this
// machine instead of those of the base image. The folders add some kilobytes.
func BenchmarkImage(b *testing.B) {
	program := buildProgram(b)
	for b.Loop() {
		var content []byte
		for _, path := range []string{program, "/etc/ssl/certs/ca-certificates.crt"} {
			file, err := os.ReadFile(path)
			if err != nil {
				b.Skip(err)
			}
			content = append(content, file...)
		}
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, 6) // the error is for invalid levels only
		if _, err := w.Write(content); err != nil {
			b.Fatal(err)
		}
		_ = w.Close()
		b.ReportMetric(float64(len(content))/1e6, "MB-unpacked")
		b.ReportMetric(float64(packed.Len())/1e6, "MB-packed")
	}
	b.ReportMetric(0, "ns/op")
}
