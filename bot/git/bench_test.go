package git

import (
	"os"
	"strings"
	"testing"
)

// BenchmarkChanges reads and parses commits of a real repository:
//
//	STABLEBOT_BENCH_REPO=PATH STABLEBOT_BENCH_REVS=master go test -bench Changes -benchtime 1x ./bot/git
func BenchmarkChanges(b *testing.B) {
	path := os.Getenv("STABLEBOT_BENCH_REPO")
	if path == "" {
		b.Skip("set STABLEBOT_BENCH_REPO to the path of a repository, STABLEBOT_BENCH_REVS and STABLEBOT_BENCH_PATHS to what to read of it")
	}
	q := Query{Revs: strings.Fields(os.Getenv("STABLEBOT_BENCH_REVS")), Paths: strings.Fields(os.Getenv("STABLEBOT_BENCH_PATHS")), Max: 2000}
	r, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	n, incomplete := 0, 0
	for b.Loop() {
		for _, err := range r.Changes(b.Context(), q) {
			if err != nil && !Incomplete(err) {
				b.Fatal(err)
			}
			if err != nil {
				incomplete++
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "commits/s")
	b.ReportMetric(float64(incomplete)/float64(b.N), "incomplete")
}
