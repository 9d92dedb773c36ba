package run_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDiskFull: the store and the outbox stand on a file system that fills up.
// The bot says so and waits; once there is room it goes on by itself, and each
// mail has its one reply.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a small file system is mounted by root alone: sudo -E go test ./bot/run -run TestDiskFull")
	}
	t.Parallel()
	dir := t.TempDir()
	// SQLite's write-ahead log takes some 4 MB before it is folded in.
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Fatalf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	b := newBench(t, dir)
	f := &feed{name: "feed", more: make(chan struct{})}
	const mails = 30
	var ids []string
	for i := range mails {
		p := post{id: fmt.Sprintf("full-%d@example.org", i), subject: fmt.Sprintf("[PATCH] drm/amdgpu: fix hang %d", i)}
		ids = append(ids, p.id)
		f.mails = append(f.mails, p.bytes())
	}
	all := f.mails
	f.mails = all[:5]
	b.opts.Sources = append(b.opts.Sources, f)
	stop := b.start()
	wait := func(n int) int {
		got := 0
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if got = len(filesIn(t, filepath.Join(b.out.Dir(), "new"))); got >= n {
				break
			}
		}
		return got
	}
	if n := wait(5); n != 5 {
		t.Fatalf("%d replies before the disk is full", n)
	}
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	f.mails = all
	f.more <- struct{}{}
	time.Sleep(500 * time.Millisecond)
	if n := len(filesIn(t, filepath.Join(b.out.Dir(), "new"))); n == mails {
		t.Error("the disk was full and nothing came of it")
	}
	told := false
	for _, e := range b.logs.All() {
		text := fmt.Sprint(e.Message, e.ContextMap())
		told = told || strings.Contains(text, "space") || strings.Contains(text, "full")
	}
	if !told {
		t.Error("nothing in the log says that the disk is full")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if n := wait(mails); n != mails {
		for _, e := range b.logs.All()[max(0, b.logs.Len()-8):] {
			t.Log(e.Level, e.Message, e.ContextMap())
		}
	}
	stop()
	b.want(ids...)
}

// fill takes all the room there is.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
