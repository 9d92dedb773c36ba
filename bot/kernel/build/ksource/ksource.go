// Package ksource makes repositories of the source of a real kernel, for tests.
package ksource

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/peers"
)

// tarball is where Debian's package puts the source of its kernel.
const tarball = "/usr/src/linux-source-6.1.tar.xz"

// needed are the parts of a kernel that any object is made with; the rest of 78,000 files
// would only cost time.
const needed = `^(Makefile|Kbuild|Kconfig|\.clang.*)$|(^|/)(Kconfig[^/]*|Makefile|Kbuild)$` +
	`|^(scripts|include|arch/x86|certs|init|kernel|security|tools/(arch|build|include|lib|objtool|scripts))/|^lib/[^/]*$`

// Programs are what a kernel is made with.
var Programs = []string{"make", "gcc", "bc", "bison", "flex"}

// Debian makes a repository of Debian's 6.1, tagged v6.1: what objects are made with, and
// these folders. The test is skipped where the source is not installed, and fails in CI.
func Debian(t testing.TB, folders ...string) *gittest.Repo {
	t.Helper()
	for _, program := range Programs {
		peers.Need(t, program)
	}
	wanted, err := regexp.Compile(needed + "|^(" + strings.Join(folders, "|") + ")/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tarball); err != nil {
		peers.Lack(t, tarball+" is not here: real objects are compiled of it after sudo apt-get install -y --no-install-recommends "+
			"linux-source-6.1")
	}
	unpack := exec.Command(peers.Need(t, "xz"), "-dc", tarball)
	packed, err := unpack.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r := gittest.New(t)
	load := exec.Command("git", "-c", "core.compression=0", "fast-import", "--quiet")
	load.Dir = r.Dir
	in, err := load.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*exec.Cmd{unpack, load} {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	w := bufio.NewWriterSize(in, 1<<20)
	_, _ = fmt.Fprintf(w, "commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 9\nLinux 6.1\n")
	if err := pick(tar.NewReader(packed), w, wanted); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Flush(), in.Close(), unpack.Wait(), load.Wait()); err != nil {
		t.Fatal(err)
	}
	r.Git("tag", "v6.1")
	return r
}

// pick writes what is wanted as the files of a commit.
func pick(from *tar.Reader, to io.Writer, wanted *regexp.Regexp) error {
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(path.Clean(h.Name), "/")
		if !wanted.MatchString(name) {
			continue
		}
		switch h.Typeflag {
		case tar.TypeSymlink:
			_, err = fmt.Fprintf(to, "M 120000 inline %s\ndata %d\n%s\n", name, len(h.Linkname), h.Linkname)
		case tar.TypeReg:
			mode := "100644"
			if h.Mode&0o100 != 0 {
				mode = "100755"
			}
			if _, err = fmt.Fprintf(to, "M %s inline %s\ndata %d\n", mode, name, h.Size); err == nil {
				_, err = io.Copy(to, from)
			}
			_, _ = io.WriteString(to, "\n")
		}
		if err != nil {
			return err
		}
	}
}
