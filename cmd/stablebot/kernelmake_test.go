//go:build measure

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A repository of the kernel's size, made up: as many files and folders, commits
// with merges, tags for releases, longterm branches whose commits name mainline's.
// What the kernel has on average is taken from public counts of it: 75,000 files,
// 14,000 commits a release, one merge in 14, two files a commit, a fix in five.
const (
	kernelFiles   = 75000
	kernelRelease = 13500 // commits
	kernelMerge   = 14    // commits to a merge
)

// kernelLTS are the longterm branches and how many commits each has for itself.
var kernelLTS = []struct {
	name string
	own  int
}{{"5.10", 15000}, {"5.15", 12000}, {"6.1", 9000}, {"6.6", 5000}}

// kernelAt is where the repository is kept between runs, and how many commits
// mainline has.
func kernelAt(t *testing.T) (dir string, commits int) {
	t.Helper()
	if dir = os.Getenv("STABLEBOT_KERNEL_DIR"); dir == "" {
		t.Skip("STABLEBOT_KERNEL_DIR names no folder for a repository of 2 GB")
	}
	commits = 1_000_000
	if n, err := strconv.Atoi(os.Getenv("STABLEBOT_KERNEL_COMMITS")); err == nil {
		commits = n
	}
	return dir, commits
}

// makeKernel makes the repository in a folder unless it is there.
func makeKernel(t *testing.T, dir string, commits int) (repo string) {
	t.Helper()
	repo = filepath.Join(dir, fmt.Sprintf("kernel-%d.git", commits))
	if _, err := os.Stat(filepath.Join(repo, "made")); err == nil {
		return repo
	}
	runGit(t, "", "init", "-q", "--bare", "-b", "master", repo)
	for _, o := range []string{"core.compression=1", "fastimport.unpackLimit=0", "gc.auto=0"} {
		k, v, _ := strings.Cut(o, "=")
		runGit(t, repo, "config", k, v)
	}
	f := startImport(t, repo)
	k := newKernel(f, commits)
	k.mainline()
	for _, b := range kernelLTS {
		k.branch(b.name, b.own)
	}
	f.end()
	if err := os.WriteFile(filepath.Join(repo, "made"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return repo
}

func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// importer is a running git fast-import.
type importer struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   *bufio.Writer
	pipe io.Closer
	out  *bufio.Reader
	mark int
}

func startImport(t *testing.T, repo string) *importer {
	t.Helper()
	cmd := exec.Command("git", "fast-import", "--quiet", "--force", "--cat-blob-fd=1", "--done")
	cmd.Dir, cmd.Stderr = repo, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &importer{t: t, cmd: cmd, in: bufio.NewWriterSize(in, 1<<20), pipe: in, out: bufio.NewReader(out)}
}

func (f *importer) say(format string, args ...any) {
	if _, err := fmt.Fprintf(f.in, format, args...); err != nil {
		f.t.Fatal(err)
	}
}

func (f *importer) blob(data []byte) int {
	f.mark++
	f.say("blob\nmark :%d\ndata %d\n", f.mark, len(data))
	_, _ = f.in.Write(data)
	_ = f.in.WriteByte('\n')
	return f.mark
}

// ids are the names of what has these marks.
func (f *importer) ids(marks []int) []string {
	for _, m := range marks {
		f.say("get-mark :%d\n", m)
	}
	if err := f.in.Flush(); err != nil {
		f.t.Fatal(err)
	}
	out := make([]string, len(marks))
	for i := range out {
		line, err := f.out.ReadString('\n')
		if err != nil {
			f.t.Fatal(err)
		}
		out[i] = strings.TrimSpace(line)
	}
	return out
}

func (f *importer) end() {
	f.say("done\n")
	if err := cmp.Or(f.in.Flush(), f.pipe.Close(), f.cmd.Wait()); err != nil {
		f.t.Fatal(err)
	}
}

// cLine is a line of a file, a kind in the upper three bits.
type cLine uint32

const (
	cOpen = iota
	cClose
	cEmpty
	cHead
	cBody
)

func lineOf(kind, n int) cLine { return cLine(kind<<29 | n&(1<<29-1)) }

func (l cLine) append(b []byte) []byte {
	n := int(l & (1<<29 - 1))
	switch l >> 29 {
	case cOpen:
		b = append(b, '{')
	case cClose:
		b = append(b, '}')
	case cHead:
		b = append(b, "int step_"...)
		b = strconv.AppendInt(b, int64(n), 36)
		b = append(b, "_run(struct context *ctx)"...)
	case cBody:
		b = append(b, "\tctx->reg["...)
		b = strconv.AppendInt(b, int64(n%997), 10)
		b = append(b, "] = step_"...)
		b = strconv.AppendInt(b, int64(n>>8), 36)
		b = append(b, "_run(ctx) + "...)
		b = strconv.AppendInt(b, int64(n), 10)
		b = append(b, ';')
	}
	return append(b, '\n')
}

// edit is what a commit does to one file: the lines from on that stand there are
// replaced.
type edit struct {
	file     int32
	at       int32
	old, new []cLine
}

// madeCommit is what is remembered of a mainline commit.
type madeCommit struct {
	mark  int
	id    string
	title string
	edits []edit // of fixes
	fix   bool
}

type kernel struct {
	f       *importer
	r       *rand.Rand
	n       int
	paths   []string
	files   [][]cLine
	folders [][]int32 // files of each
	names   int       // functions so far
	made    []madeCommit
	forks   map[string]int // release → commits of mainline until then
	at      map[string][][]cLine
	buf     []byte
	first   []string
}

func newKernel(f *importer, n int) *kernel {
	k := &kernel{f: f, r: rand.New(rand.NewPCG(1, 2)), n: n, forks: map[string]int{}, at: map[string][][]cLine{}}
	// Shares of the kernel's files by folder, and how deep it goes there.
	for _, p := range []struct {
		top   string
		share int
	}{{"drivers/gpu/drm/amd/display/dc", 18}, {"drivers/gpu/drm/amd/amdgpu", 12}, {"drivers/gpu/drm/amd/pm", 5},
		{"drivers/gpu/drm/i915/display", 6},
		{"drivers/gpu/drm/i915/gt", 5}, {"drivers/gpu/drm/nouveau", 10}, {"drivers/gpu/drm/msm", 6}, {"drivers/net/ethernet", 50},
		{"drivers/net/wireless", 30},
		{"drivers/media", 35}, {"drivers/usb", 15}, {"drivers/iio", 15}, {"drivers/clk", 15}, {"drivers/staging", 40}, {"drivers/misc", 120},
		{"arch/arm", 100}, {"arch/x86", 25}, {"arch/arm64", 40}, {"arch/powerpc", 30}, {"arch/mips", 40}, {"fs", 45}, {"include/linux", 45},
		{"include/drm", 4}, {"include/uapi", 15}, {"kernel", 10}, {"mm", 4}, {"net", 40}, {"sound", 50}, {"tools", 90}, {"Documentation", 100},
		{"lib", 15}} {
		count := kernelFiles * p.share / 1035
		for i := 0; i < count; {
			folder := fmt.Sprintf("%s/part%d", p.top, len(k.folders)%97)
			if len(k.folders)%3 == 0 {
				folder += fmt.Sprintf("/unit%d", len(k.folders))
			}
			var in []int32
			for range min(count-i, 8+k.r.IntN(14)) {
				ext := ".c"
				if i%4 == 3 || strings.HasPrefix(p.top, "include") {
					ext = ".h"
				}
				in = append(in, int32(len(k.paths)))
				k.paths = append(k.paths, fmt.Sprintf("%s/file_%d%s", folder, len(k.paths), ext))
				var lines []cLine
				for range 4 + k.r.IntN(10) {
					lines = append(lines, k.function()...)
				}
				k.files = append(k.files, lines)
				i++
			}
			k.folders = append(k.folders, in)
		}
	}
	return k
}

func (k *kernel) body() cLine { return lineOf(cBody, k.r.IntN(max(k.names, 1)<<8|1)) }

func (k *kernel) function() []cLine {
	k.names++
	out := []cLine{lineOf(cHead, k.names), lineOf(cOpen, 0)}
	for range 5 {
		out = append(out, k.body())
	}
	return append(out, lineOf(cClose, 0), lineOf(cEmpty, 0))
}

// change makes up the edits of one commit in a folder.
func (k *kernel) change(folder []int32, fix bool) (out []edit) {
	n := 1
	if !fix {
		n += k.r.IntN(3)
	}
	for range n {
		file := folder[k.r.IntN(len(folder))]
		lines := k.files[file]
		if slices.ContainsFunc(out, func(e edit) bool { return e.file == file }) {
			continue
		}
		at := 2 + k.r.IntN(len(lines)-3)
		for at < len(lines)-1 && lines[at]>>29 != cBody {
			at++
		}
		e := edit{file: file, at: int32(at)}
		switch x := k.r.IntN(100); {
		case lines[at]>>29 != cBody || !fix && x < 25: // behind a function
			for at < len(lines) && lines[at]>>29 != cEmpty {
				at++
			}
			e.at = int32(min(at+1, len(lines)))
			e.new = k.function()
		case x < 50 && len(lines) < 400:
			e.new = []cLine{k.body(), k.body()}
		default:
			e.old = slices.Clone(lines[at : at+1])
			e.new = []cLine{k.body()}
		}
		out = append(out, e)
	}
	return out
}

func edited(lines []cLine, e edit) ([]cLine, bool) {
	at := int(e.at)
	if at > len(lines) || !slices.Equal(lines[at:min(len(lines), at+len(e.old))], e.old) {
		if len(e.old) == 0 {
			return lines, false
		}
		if at = slices.Index(lines, e.old[0]); at < 0 {
			return lines, false
		}
	}
	return slices.Replace(slices.Clone(lines), at, at+len(e.old), e.new...), true
}

func (k *kernel) write(lines []cLine) int {
	b := k.buf[:0]
	for _, l := range lines {
		b = l.append(b)
	}
	k.buf = b
	return k.f.blob(b)
}

// kernelReleases are the releases from 3.0 to 6.12.
func kernelReleases() (out []string) {
	for _, x := range []struct{ major, last int }{{3, 19}, {4, 20}, {5, 19}, {6, 12}} {
		for i := range x.last + 1 {
			out = append(out, fmt.Sprintf("%d.%d", x.major, i))
		}
	}
	return out
}

// day is the time of the n-th commit: releases are ten weeks apart and end with
// that of 6.12.
func (k *kernel) day(n int) int64 {
	const end = 1731888000
	return end - int64(k.n-n)*70*86400/kernelRelease
}

type written struct {
	path string
	mark int
}

// commit writes one commit.
func (k *kernel) commit(ref string, from, merge int, when, authored int64, message string, files []written) int {
	k.f.mark++
	k.f.say("commit %s\nmark :%d\nauthor Ada Author <ada@example.org> %d +0000\ncommitter Carl Committer <carl@example.org> %d +0000\ndata "+
		"%d\n%s\n",
		ref, k.f.mark, authored, when, len(message), message)
	if from != 0 {
		k.f.say("from :%d\n", from)
	}
	if merge != 0 {
		k.f.say("merge :%d\n", merge)
	}
	for _, w := range files {
		k.f.say("M 100644 :%d %s\n", w.mark, w.path)
	}
	k.f.say("\n")
	return k.f.mark
}

const trailer = "\nReviewed-by: Rita Reviewer <rita@example.com>\nSigned-off-by: Ada Author <ada@example.org>\n"

// message is a commit's, with the one that it fixes named.
func (k *kernel) message(title string, culprit *madeCommit) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\nThe unit is left in the state of the step before when the queue is\nempty, and what reads it next gets %d "+
		"instead of the value that was\nwritten. Wait for the queue, as the other units do, before the step\nis taken, and say so in the log "+
		"where it takes longer than %d ms.\n", title, k.r.IntN(1<<30), k.r.IntN(500))
	if culprit != nil {
		fmt.Fprintf(&b, "\nFixes: %.12s (\"%s\")\n", culprit.id, culprit.title)
		if k.r.IntN(2) == 0 {
			b.WriteString("Cc: stable@vger.kernel.org\n")
		}
		b.WriteString(trailer[1:])
	} else {
		b.WriteString(trailer)
	}
	return b.String()
}

// mainline writes the whole development branch, release by release; each merge
// brings a side branch that left at the merge before.
func (k *kernel) mainline() {
	const ref, side = "refs/heads/master", "refs/heads/side"
	var all []written
	for i, lines := range k.files {
		all = append(all, written{k.paths[i], k.write(lines)})
	}
	tip := k.commit(ref, 0, 0, k.day(0), k.day(0), "Linux: begin\n"+trailer, all)
	names := kernelReleases()
	names = names[len(names)-min(len(names), max(1, k.n/kernelRelease)):]
	count, next := 1, 0
	for count < k.n {
		line, at := [2]int{tip, tip}, [2]string{ref, side}
		folders := [2]int{k.hot(), k.hot()}
		for folders[1] == folders[0] {
			folders[1] = k.hot()
		}
		var brought []written
		var marks []int
		begin := len(k.made)
		for i := range kernelMerge - 1 {
			s := i % 2
			folder := k.folders[folders[s]]
			title := fmt.Sprintf("%s: step %d", k.prefix(folder[0]), count)
			m := madeCommit{}
			var culprit *madeCommit
			if k.r.IntN(5) == 0 && begin > 0 { // the younger the more often it is mended
				back := int(float64(begin) * k.r.Float64() * k.r.Float64() * k.r.Float64() * k.r.Float64())
				culprit = &k.made[begin-1-back]
				m.fix, title = true, fmt.Sprintf("%s: fix step %d", k.prefix(folder[0]), count)
			}
			edits := k.change(folder, m.fix)
			var files []written
			for _, e := range edits {
				k.files[e.file], _ = edited(k.files[e.file], e)
				w := written{k.paths[e.file], k.write(k.files[e.file])}
				files = append(files, w)
				if s == 1 {
					brought = append(brought, w)
				}
			}
			if m.fix {
				m.edits = edits
			}
			from := line[s]
			line[s] = k.commit(at[s], from, 0, k.day(count), k.day(count)-int64(k.r.IntN(20*86400)), k.message(title, culprit), files)
			m.mark, m.title = line[s], title
			k.made = append(k.made, m)
			marks = append(marks, m.mark)
			count++
		}
		tip = k.commit(ref, line[0], line[1], k.day(count), k.day(count), fmt.Sprintf("Merge tag 'part-%d'\n%s", count, trailer), brought)
		count++
		for i, id := range k.f.ids(marks) {
			k.made[begin+i].id = id
		}
		for next < len(names) && count >= k.n*(next+1)/len(names) {
			name := names[next]
			k.f.say("tag v%s\nfrom :%d\ntagger Carl Committer <carl@example.org> %d +0000\ndata %d\n%s\n", name, tip, k.day(count), len(name), name)
			k.forks[name] = len(k.made)
			if slices.ContainsFunc(kernelLTS, func(b struct {
				name string
				own  int
			}) bool {
				return b.name == name
			}) {
				k.at[name] = slices.Clone(k.files) // lines are never changed in place
				k.f.say("reset refs/heads/linux-%s.y\nfrom :%d\n\n", name, tip)
				k.first = append(k.first, name)
			}
			next++
		}
	}
	k.f.say("reset refs/heads/side\nfrom 0000000000000000000000000000000000000000\n\n")
}

// hot is a folder; a tenth of them gets half of the commits.
func (k *kernel) hot() int {
	if k.r.IntN(2) == 0 {
		return k.r.IntN(len(k.folders)/10) * 10 % len(k.folders)
	}
	return k.r.IntN(len(k.folders))
}

func (k *kernel) prefix(file int32) string {
	parts := strings.Split(k.paths[file], "/")
	return strings.Join(parts[max(0, len(parts)-3):len(parts)-1], "/")
}

// branch writes a longterm branch: fixes of mainline with the lines as they go in
// there, and every few hundred a release.
func (k *kernel) branch(name string, own int) {
	fork, ok := k.forks[name]
	if !ok {
		return
	}
	ref := "refs/heads/linux-" + name + ".y"
	files := k.at[name]
	var fixes []int
	for i := fork; i < len(k.made); i++ {
		if k.made[i].fix {
			fixes = append(fixes, i)
		}
	}
	from, point := 0, 0
	for n, i := range fixes {
		if k.r.IntN(len(fixes)-n+1) >= own {
			continue
		}
		own--
		m := &k.made[i]
		var out []written
		for _, e := range m.edits {
			if lines, ok := edited(files[e.file], e); ok {
				files[e.file] = lines
				out = append(out, written{k.paths[e.file], k.write(lines)})
			}
		}
		if len(out) == 0 {
			continue
		}
		when := k.day(i*kernelMerge/(kernelMerge-1)) + 14*86400
		text := fmt.Sprintf("%s\n\ncommit %s upstream.\n\nThe unit is left in the state of the step before.\n%s", m.title, m.id, trailer)
		from = k.commit(ref, from, 0, when, when-21*86400, text, out)
		if point++; point%200 == 0 {
			lines, _ := edited(files[0], edit{file: 0, at: 0, old: files[0][:1], new: files[0][:1]})
			from = k.commit(ref, from, 0, when, when, fmt.Sprintf("Linux %s.%d\n%s", name, point/200, trailer),
				[]written{{k.paths[0], k.write(lines)}})
		}
	}
}

// TestMakeKernel makes the repository, 1,000,000 commits unless
// STABLEBOT_KERNEL_COMMITS says otherwise:
//
//	STABLEBOT_KERNEL_DIR=/big go test -tags measure ./cmd/stablebot -run TestMakeKernel -v -timeout 60m
func TestMakeKernel(t *testing.T) {
	dir, n := kernelAt(t)
	repo := makeKernel(t, dir, n)
	t.Log(runGit(t, repo, "count-objects", "-v"))
	t.Log(runGit(t, repo, "for-each-ref", "--format=%(refname) %(objectname:short)", "refs/heads"))
	for _, b := range kernelLTS {
		if _, err := exec.Command("git", "-C", repo, "rev-parse", "--verify", "linux-"+b.name+".y").Output(); err != nil {
			continue // too few commits to reach back so far
		}
		t.Log(b.name, runGit(t, repo, "rev-list", "--count", "linux-"+b.name+".y", "^master"), "commits of its own")
	}
}
