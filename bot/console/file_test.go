package console

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A link and a pipe stay what they are, or a file named /dev/null would take the place of
// the device.
func TestWriteFileKeepsWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	said := func(w io.Writer) error { _, err := io.WriteString(w, "said"); return err }
	file, link, pipe := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.WriteFile(file, []byte("old"), 0o600), os.Symlink(file, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string)
	go func() {
		b, err := os.ReadFile(pipe)
		heard <- fmt.Sprint(string(b), err)
	}()
	for _, name := range []string{link, pipe} {
		if err := WriteFile(name, said); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-heard; got != "said<nil>" {
		t.Errorf("through the pipe came %q", got)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "said" {
		t.Errorf("behind the link stands %q, %v", b, err)
	}
	for name, want := range map[string]os.FileMode{link: os.ModeSymlink, pipe: os.ModeNamedPipe} {
		if is, err := os.Lstat(name); err != nil || is.Mode().Type() != want {
			t.Errorf("%s is %v, %v", name, is.Mode(), err)
		}
	}
	if all, err := filepath.Glob(filepath.Join(dir, ".stablebot-*")); err != nil || len(all) > 0 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

// TestWriteToStdout: /dev/stdout is what the shell has made of it, a file that is added to
// as well, and no file takes its place.
func TestWriteToStdout(t *testing.T) {
	if os.Getenv("STABLEBOT_TEST_STDOUT") != "" {
		fmt.Println("before")
		if err := WriteFile("/dev/stdout", func(w io.Writer) error { _, err := fmt.Fprintln(w, "said"); return err }); err != nil {
			t.Fatal(err)
		}
		fmt.Println("after")
		return
	}
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteToStdout$")
	c.Env, c.Stdout = append(os.Environ(), "STABLEBOT_TEST_STDOUT=1"), log
	if err := errors.Join(c.Run(), log.Close()); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(b), "old\nbefore\nsaid\nafter\n") {
		t.Errorf("the log has %q, %v", b, err)
	}
	if to, err := os.Readlink("/dev/stdout"); err != nil || to != "/proc/self/fd/1" {
		t.Errorf("/dev/stdout is %q, %v", to, err)
	}
}

// TestToFileWhole: what fails in the middle leaves the file as it was.
func TestToFileWhole(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(name, []byte("the last one"), 0o644); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := ToFile(io.Discard, name, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return broken
	})
	if got, _ := os.ReadFile(name); !errors.Is(err, broken) || string(got) != "the last one" {
		t.Errorf("%v, and the file holds %q", err, got)
	}
}
