package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"testing"
)

// BenchmarkImage is what is in the image, as it is unpacked and packed: the program, and this machine's certificates in
// the place of the base image's. The folders around them add some kilobytes.
func BenchmarkImage(b *testing.B) {
	program := build(b)
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
		w, _ := gzip.NewWriterLevel(&packed, 6) // fails for another level only
		if _, err := w.Write(content); err != nil {
			b.Fatal(err)
		}
		_ = w.Close()
		b.ReportMetric(float64(len(content))/1e6, "MB-unpacked")
		b.ReportMetric(float64(packed.Len())/1e6, "MB-packed")
	}
	b.ReportMetric(0, "ns/op")
}
