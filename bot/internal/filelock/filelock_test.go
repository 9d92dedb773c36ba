package filelock

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestTry(t *testing.T) {
	name := filepath.Join(t.TempDir(), "desk")
	unlock, err := Try(name)
	if err != nil || unlock == nil {
		t.Fatalf("a free lock: %v", err)
	}
	if second, err := Try(name); err != nil || second != nil {
		t.Errorf("a lock that is taken was given: %v", err)
	}
	unlock()
	if again, err := Try(name); err != nil || again == nil {
		t.Errorf("a lock that was given back is taken: %v", err)
	} else {
		again()
	}
	if _, err := Try(filepath.Join(name, "below-a-file")); err == nil {
		t.Error("a file that cannot be made is no error")
	}
}

// A program that is being started has a copy of every open file for a moment. A
// lock that only went with the last copy was found taken after it was given back,
// by the process that had given it back, and a run with --once then waited for
// nobody.
func TestTryWhileProgramsStart(t *testing.T) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = exec.Command("true").Run()
				}
			}
		})
	}
	name := filepath.Join(t.TempDir(), "desk")
	n := 0
	for end := time.Now().Add(time.Second); time.Now().Before(end); n++ {
		unlock, err := Try(name)
		if err != nil {
			t.Fatal(err)
		}
		if unlock == nil {
			t.Errorf("try %d: it was given back, and somebody has it", n)
			break
		}
		unlock()
	}
	close(stop)
	wg.Wait()
}

// TestInherited: who was started with the locked file holds it when the one that started it
// is gone without a word, as after a kill.
func TestInherited(t *testing.T) {
	name := filepath.Join(t.TempDir(), "desk")
	f, unlock, err := TryFile(name)
	if err != nil || unlock == nil {
		t.Fatalf("a free lock: %v", err)
	}
	if f == nil {
		t.Skip("this system has no file locks that a process can inherit")
	}
	heir := exec.Command("sleep", "60")
	heir.ExtraFiles = []*os.File{f}
	if err := heir.Start(); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if second, err := Try(name); err != nil || second != nil {
		t.Errorf("the heir's lock was given: %v", err)
	}
	_ = heir.Process.Kill()
	_ = heir.Wait()
	if again, err := Try(name); err != nil || again == nil {
		t.Errorf("the heir is gone and the lock is taken: %v", err)
	} else {
		again()
	}
}
