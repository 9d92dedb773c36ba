//go:build measure

package trees

import (
	"runtime"
	"testing"
)

// BenchmarkOpen is what every run with trees begins with, the indexes being on
// disk:
//
//	STABLEBOT_DRM_KMOD=path STABLEBOT_PEER_DIR=/tmp/peer go test -tags measure -run xxx -bench Open ./bot/kernel/trees
func BenchmarkOpen(b *testing.B) {
	cfg := openReal(b).cfg
	for b.Loop() {
		s, err := Open(b.Context(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
}
