package artifact_test

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/artifact"
)

// artifactGenerator is a reader of an artifact of any size: a head, numbered parts, and a tail. It costs little more than
// copying, so that a benchmark measures the reading.
type artifactGenerator struct {
	head, tail string
	part       func(buf []byte, number int) []byte
	parts      int

	number int
	buf    []byte
	unread []byte
	// peak is the maximum of memoryInUse, in bytes. It is measured every 64 parts, that is, throughout the reading.
	peak uint64
	size int64
}

func (g *artifactGenerator) Read(p []byte) (int, error) {
	for len(g.unread) == 0 {
		if g.number > g.parts+1 {
			return 0, io.EOF
		}
		g.unread = g.next()
		g.number++
	}
	n := copy(p, g.unread)
	g.unread = g.unread[n:]
	g.size += int64(n)
	return n, nil
}

func (g *artifactGenerator) next() []byte {
	if g.number%64 == 0 {
		g.peak = max(g.peak, memoryInUse())
	}
	g.buf = g.buf[:0]
	switch g.number {
	case 0:
		return append(g.buf, g.head...)
	case g.parts + 1:
		return append(g.buf, g.tail...)
	}
	g.buf = g.part(g.buf, g.number)
	if g.number < g.parts {
		g.buf = append(g.buf, ',')
	}
	return g.buf
}

// memoryInUse returns the memory that the Go runtime has allocated from the system and not released.
func memoryInUse() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// benchmarkReading reports MB/s and peak memory of reading a generated artifact on one core.
func benchmarkReading(b *testing.B, generate func() *artifactGenerator, read func(io.Reader) error) {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	debug.FreeOSMemory()
	b.ReportAllocs()
	var peak uint64
	for b.Loop() {
		g := generate()
		if err := read(g); err != nil {
			b.Fatal(err)
		}
		peak = max(peak, g.peak)
		b.SetBytes(g.size)
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

// bigManifest generates a manifest.json of about 300 MB with the proportions of a large project: 20,000 models with raw and
// compiled SQL, 40,000 tests, macros, and 500 exposures.
func bigManifest() *artifactGenerator {
	sql := strings.Repeat(`select\n    order_id,\n    \"Customer Name\",\n    sum(amount) as amount\nfrom {{ ref('stg_orders') }}\n`, 40)
	columns := strings.Repeat(`"a_column":{"name":"a_column","description":"What it is.","meta":{},"data_type":"number(38,0)","constraints":[],"quote":null,"tags":["pii"]},`, 18)
	macro := strings.Repeat(`{% macro a_macro(x) %}\n  {{ return(adapter.dispatch('a_macro', 'dbt')(x)) }}\n{% endmacro %}\n`, 60)
	part := func(buf []byte, i int) []byte {
		switch {
		case i <= 20_000:
			buf = fmt.Appendf(buf, `"model.shop.model_%06d":{"database":"ANALYTICS","schema":"SCHEMA_%02d","name":"model_%06d","resource_type":"model",`+
				`"unique_id":"model.shop.model_%06d","alias":"model_%06d","config":{"enabled":true,"materialized":"%s","tags":[],"meta":{}},`+
				`"relation_name":"ANALYTICS.SCHEMA_%02d.model_%06d","depends_on":{"macros":["macro.dbt.is_incremental"],"nodes":["model.shop.model_%06d",`+
				`"model.shop.model_%06d","source.shop.raw.table_%03d"]},"columns":{`, i, i%40, i, i, i, []string{"table", "view"}[i%2], i%40, i, i/2, i/3, i%500)
			buf = append(append(buf, columns...), `"last":{}},"raw_code":"`...)
			buf = append(append(buf, sql...), `","compiled_code":"`...)
			return append(append(buf, sql...), `"}`...)
		case i <= 60_000:
			buf = fmt.Appendf(buf, `"test.shop.not_null_model_%06d_id.%010x":{"database":"ANALYTICS","schema":"TESTS","name":"not_null","resource_type":"test","raw_code":"`, i, i)
			buf = append(buf, sql[:1500]...)
			return fmt.Appendf(buf, `","config":{"severity":"ERROR"},"depends_on":{"macros":["macro.dbt.test_not_null"],"nodes":["model.shop.model_%06d"]}}`, i/3)
		case i < 62_000:
			buf = append(fmt.Appendf(buf, `"operation.shop.macro_%06d":{"macro_sql":"`, i), macro...)
			return append(buf, `","depends_on":{"macros":[]}}`...)
		case i == 62_000:
			return append(buf, `"operation.shop.last":{}},"exposures":{"exposure.shop.none":{}`...)
		}
		return fmt.Appendf(buf, `"exposure.shop.exposure_%d":{"name":"exposure_%d","type":"dashboard","meta":{"tableau":{"workbook":"Finance/Book %d"}},`+
			`"depends_on":{"macros":[],"nodes":["model.shop.model_%06d"]}}`, i, i, i, i-62_000)
	}
	return &artifactGenerator{
		head:  `{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/manifest/v12.json","adapter_type":"snowflake"},"nodes":{`,
		part:  part,
		parts: 62_500,
		tail:  `},"parent_map":{},"child_map":{}}`,
	}
}

func BenchmarkReadManifestOf300MB(b *testing.B) {
	const exposures = 501
	b.Run("as_the_action_does", func(b *testing.B) {
		benchmarkReading(b, bigManifest, func(r io.Reader) error {
			m, err := artifact.ReadManifest(r)
			if err == nil && len(m.Exposures) != exposures {
				err = fmt.Errorf("read %d exposures", len(m.Exposures))
			}
			return err
		})
	})
	b.Run("with_encoding_json", func(b *testing.B) {
		benchmarkReading(b, bigManifest, func(r io.Reader) error {
			var m decodedManifest
			err := json.NewDecoder(r).Decode(&m)
			if err == nil && len(m.Exposures) != exposures {
				err = fmt.Errorf("read %d exposures", len(m.Exposures))
			}
			return err
		})
	})
}

// decodedManifest is what the action uses of a manifest, for encoding/json.
type decodedManifest struct {
	Metadata struct {
		AdapterType string `json:"adapter_type"`
	} `json:"metadata"`
	Nodes, Exposures map[string]struct {
		ResourceType string         `json:"resource_type"`
		RelationName string         `json:"relation_name"`
		Meta         map[string]any `json:"meta"`
		Config       struct {
			Materialized string `json:"materialized"`
		} `json:"config"`
		DependsOn struct {
			Nodes []string `json:"nodes"`
		} `json:"depends_on"`
	}
}

// bigResults generates a run_results.json of about 100 MB: 60,000 nodes with their compiled SQL.
func bigResults() *artifactGenerator {
	sql := strings.Repeat(`select\n    order_id,\n    \"Customer Name\"\nfrom ANALYTICS.PROD.stg_orders\n`, 20)
	return &artifactGenerator{
		head: `{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/run-results/v6.json"},"results":[`,
		part: func(buf []byte, i int) []byte {
			buf = fmt.Appendf(buf, `{"status":"success","timing":[{"name":"compile","started_at":"2026-01-01T00:00:00Z","completed_at":"2026-01-01T00:00:01Z"}],`+
				`"thread_id":"Thread-1","execution_time":1.25,"adapter_response":{"_message":"SUCCESS 1","code":"SUCCESS","rows_affected":1},"message":"SUCCESS 1",`+
				`"failures":null,"unique_id":"model.shop.model_%06d","compiled":true,"relation_name":"ANALYTICS.PROD.model_%06d","compiled_code":"`, i, i)
			return append(append(buf, sql...), `"}`...)
		},
		parts: 60_000,
		tail:  `],"elapsed_time":1.5,"args":{"which":"build"}}`,
	}
}

func BenchmarkReadRunResultsOf100MB(b *testing.B) {
	benchmarkReading(b, bigResults, func(r io.Reader) error {
		results, err := artifact.ReadResults(r)
		if err == nil && len(results.All) != 60_000 {
			err = fmt.Errorf("read %d nodes", len(results.All))
		}
		return err
	})
}
