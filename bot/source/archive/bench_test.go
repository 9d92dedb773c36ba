package archive

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
)

// spins is a stand-in for judging a mail: about 60 µs of pure computing,
// whatever the mail.
var spins = func() int {
	best := time.Hour
	for range 5 {
		start := time.Now()
		sink += spin(1 << 20)
		best = min(best, time.Since(start))
	}
	return int(float64(1<<20) * float64(60*time.Microsecond) / float64(best))
}()

// sink keeps the compiler from leaving the spinning out.
var sink uint32

func spin(n int) (x uint32) {
	x = 1
	for range n {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
	}
	return x
}

// BenchmarkArchive reads a real archive with the stand-in, and beside it git's
// own loop over the same messages:
//
//	STABLEBOT_BENCH_ARCHIVE=PATH go test -run '^$' -bench Archive -benchtime 5x ./bot/source/archive
func BenchmarkArchive(b *testing.B) {
	path := os.Getenv("STABLEBOT_BENCH_ARCHIVE")
	if path == "" {
		b.Skip("set STABLEBOT_BENCH_ARCHIVE to the path of a public-inbox v2 repository")
	}
	b.Run("git", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.Command("sh", "-c", `git rev-list HEAD | sed 's/$/:m/' | git cat-file --batch --buffer >/dev/null`)
			cmd.Dir = path
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	run := func(spins int) func(b *testing.B) {
		return func(b *testing.B) {
			a, err := Open(b.Context(), path, git.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = a.Close() }()
			n, cpu := 0, ownCPU()
			for b.Loop() {
				err := Read(b.Context(), a, Options{}, func(m *Mail) uint32 { return spin(spins) }, func(uint32) error { n++; return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mails/s")
			b.ReportMetric((ownCPU()-cpu).Seconds()/float64(b.N), "own-cpu-s/op")
			b.ReportMetric(float64(peakRSS())/(1<<20), "peak-MB")
		}
	}
	b.Run("empty", run(0))
	b.Run("60µs", run(spins))
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func peakRSS() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Maxrss << 10
}
