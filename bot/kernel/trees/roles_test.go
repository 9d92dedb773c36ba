package trees

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/tree"
)

// with opens the small history with more remotes.
func (s *small) with(t *testing.T, more ...Remote) *Set {
	t.Helper()
	cfg := s.set.cfg
	cfg.Remotes = append(append([]Remote(nil), cfg.Remotes...), more...)
	set, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	return set
}

func (s *small) of(t *testing.T, set *Set, id, branch string, asOf time.Time) rules.Branch {
	t.Helper()
	c, err := set.Commit(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := set.Facts(t.Context(), c, nil, asOf)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range tree.Branches {
		if b.Name == branch {
			return b
		}
	}
	t.Fatalf("no branch %s in %+v", branch, tree.Branches)
	return rules.Branch{}
}

// A queue of patch files, as stable-queue keeps them.
func TestQueueOfPatches(t *testing.T) {
	s := newSmall(t)
	q := gittest.New(t)
	q.Put("releases/6.1.1/old.patch", "From: Ada <ada@example.org>\nSubject: gpu: fix it better\n\ntext\n", "6.1.1")
	q.Write("queue-6.1/broken.patch", "no mail\x00")
	q.Write("queue-6.1/series", "end.patch\n")
	q.Put("queue-6.1/end.patch", "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: Ada "+
		"<ada@example.org>\nDate: Mon, 1 Jan 2024 13:00:00 +0100\n"+
		"Subject: gpu: fix\n the end, as backported\n\ncommit "+s.fix2+" upstream.\n\ntext\n---\n gpu/a.c | 2 +-\n", "6.1: add one")
	// Here the title tells, which no other change of mainline has.
	q.Put("queue-6.2/beside.patch", "From: Ada <ada@example.org>\nSubject: =?utf-8?q?gpu=3A_fix_beside_it?=\n\ntext\n", "6.2: add one")
	set := s.with(t, Remote{Role: Queue, Path: q.Dir})
	for _, c := range []struct {
		id, branch string
		state      tree.State
		why        string
	}{
		{s.fix2, "6.1", queued, "queue-6.1/end.patch"},
		{s.fix2, "6.2", affected, ""},
		{s.merged, "6.2", queued, "queue-6.2/beside.patch"},
		{s.conflict, "6.1", affected, ""}, // what was released is no queue
	} {
		b := s.of(t, set, c.id, c.branch, time.Time{})
		if b.State != c.state || !strings.Contains(b.Why, c.why) || c.state == queued && b.As == "" {
			t.Errorf("%.12s on %s: %s, %q; want %s, %q", c.id, c.branch, b.State, b.Why, c.state, c.why)
		}
	}
	// The clocks of the two repositories begin on the same day, a commit an hour.
	if b := s.of(t, set, s.fix2, "6.1", gittest.Start.Add(90*time.Minute)); b.State == queued {
		t.Errorf("before it was queued: %+v", b)
	}
}

// A queue of branches, as stable-rc is; a distribution's branch; a vendor's tree.
func TestRolesOfBranches(t *testing.T) {
	s := newSmall(t)
	rc := gittest.New(t)
	rc.Git("fetch", "-q", s.Dir, "+refs/heads/*:refs/heads/from/*")
	rc.Git("checkout", "-q", "-b", "linux-6.1.y", "from/linux-6.1.y")
	rc.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;"}), "gpu: fix the feature\n\n[ Upstream commit "+s.fix+" ]\n")
	distro := gittest.New(t)
	distro.Git("fetch", "-q", s.Dir, "+refs/heads/*:refs/heads/from/*")
	distro.Git("checkout", "-q", "-b", "kernel", "from/linux-6.2.y")
	distro.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;", 50: "\tgood;"}),
		"gpu: fix the end\n\n(cherry picked from commit "+s.fix2+")\n")
	vendor := gittest.New(t)
	vendor.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;", 50: "\tgood;"}), "gpu: fix the end")
	set := s.with(t, Remote{Role: Queue, Path: rc.Dir, Ref: "linux-*.y"},
		Remote{Role: Distro, Path: distro.Dir, Ref: "kernel", Name: "frozen"},
		Remote{Role: Vendor, Path: vendor.Dir, Ref: "main", Name: "driver"})
	if b := s.of(t, set, s.fix, "6.1", time.Time{}); b.State != queued || b.As != rc.Git("rev-parse", "linux-6.1.y") {
		t.Errorf("queued on a branch: %+v", b)
	}
	if b := s.of(t, set, s.fix2, "frozen", time.Time{}); b.State != present {
		t.Errorf("picked by the distribution: %+v", b)
	}
	if b := s.of(t, set, s.merged, "frozen", time.Time{}); b.State != affected {
		t.Errorf("not picked by the distribution: %+v", b)
	}
	c, err := set.Commit(t.Context(), s.fix2)
	if err != nil {
		t.Fatal(err)
	}
	if tree, err := set.Facts(t.Context(), c, nil, time.Time{}); err != nil || !tree.VendorHas {
		t.Errorf("the vendor's tree has it: %+v, %v", tree, err)
	}
	var got []string
	for _, b := range set.List(t.Context(), time.Time{}) {
		if b.Tip == "" || b.Date.IsZero() {
			t.Errorf("%+v has no tip or date", b)
		}
		got = append(got, b.Name+" "+string(b.Role)+" "+b.State+" "+b.Release)
	}
	if g, want := strings.Join(got, "; "), "mainline mainline - 6.2; 6.2 stable active 6.2; 6.1 stable active 6.1; frozen distro active "+
		"6.2; 6.1 queue - 6.1; driver vendor - "; g != want {
		t.Errorf("branches\n got %s\nwant %s", g, want)
	}
}

// A remote that is not there, or has lost its objects, costs what it would have
// said, and nothing else; the repositories stay as they are.
func TestRemotesGoWrong(t *testing.T) {
	s := newSmall(t)
	sharing := filepath.Join(t.TempDir(), "sharing")
	s.Git("clone", "-q", "--shared", "--bare", s.Dir, sharing)
	gone := filepath.Join(t.TempDir(), "gone")
	var missed []string
	cfg := s.set.cfg
	cfg.Missing = func(r Remote, err error) { missed = append(missed, string(r.Role)) }
	cfg.Remotes = append(append([]Remote(nil), cfg.Remotes[0]),
		Remote{Role: Stable, Path: sharing, Ref: "linux-*.y"}, Remote{Role: Queue, Path: gone, Ref: "linux-*.y"},
		Remote{Role: Vendor, Path: s.Dir, Ref: "nope"})
	before := snapshotOf(t, s.Dir)
	set, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	if g := strings.Join(missed, " "); g != "queue vendor" {
		t.Errorf("left out: %q", g)
	}
	if b := s.of(t, set, s.merged, "6.1", time.Time{}); b.State != affected || b.Applies != threeWay {
		t.Errorf("a bare clone that shares objects: %+v", b)
	}
	if after := snapshotOf(t, s.Dir); before != after {
		t.Errorf("the repository was written to:\n%s\n%s", before, after)
	}

	// The branch was rewritten: the set that follows says what stands there now.
	bare := &gittest.Repo{T: t, Dir: sharing}
	bare.Git("update-ref", "refs/heads/linux-6.2.y", s.Git("rev-parse", "v6.1"))
	next, err := set.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b := s.of(t, next, s.fix, "6.2", time.Time{}); b.State != notAffected {
		t.Errorf("after the branch was rewritten: %+v", b)
	}
}

// A file that is missing in a partial clone is no answer, and no failure.
func TestMissingObjects(t *testing.T) {
	s := newSmall(t)
	id := s.Git("rev-parse", "linux-6.1.y:gpu/a.c")
	s.Lose(id)
	b := s.of(t, s.with(t), s.merged, "6.1", time.Time{})
	if b.State != affected || b.Applies != notTried || b.Why == "" {
		t.Errorf("the file cannot be read: %+v", b)
	}
	s.Lose(s.Git("rev-parse", "linux-6.1.y^{tree}"))
	if b := s.of(t, s.with(t), s.merged, "6.1", time.Time{}); b.State != unknown || b.Why == "" {
		t.Errorf("the tree cannot be read: %+v", b)
	}
	_, err := Open(t.Context(), Config{Remotes: []Remote{{Role: Mainline, Path: s.Dir, Ref: strings.Repeat("1", 40)}}})
	if !errors.Is(err, git.ErrMissing) && !errors.Is(err, git.ErrNoRevision) {
		t.Errorf("a commit that is not there: %v", err)
	}
}

// snapshotOf lists the files of a repository with their times.
func snapshotOf(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, st os.FileInfo, err error) error {
		if err == nil && !st.IsDir() {
			b.WriteString(path + " " + st.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLifetimes(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const releases = `{"latest_stable": {"version": "6.9.3"}, "releases": [
		{"moniker": "mainline", "version": "6.10-rc1", "iseol": false},
		{"moniker": "stable", "version": "6.9.3", "iseol": false, "released": {"isodate": "2024-05-30"}},
		{"moniker": "stable", "version": "6.8.12", "iseol": true, "released": {"isodate": "2024-05-30"}},
		{"moniker": "longterm", "version": "6.6.32", "iseol": false, "released": {"isodate": "2024-05-25"}},
		{"moniker": "linux-next", "version": "next-20240531", "iseol": false}]}`
	l, err := ReadLifetimes(strings.NewReader(releases))
	if err != nil {
		t.Fatal(err)
	}
	list, err := ReadLifetimes(strings.NewReader("# ended\n5.4 2025-12-31\nlinux-4.19.y  2024-12-05 # the last one\n"))
	if err != nil {
		t.Fatal(err)
	}
	last := day("2024-01-10")
	for _, c := range []struct {
		l     *Lifetimes
		name  string
		want  time.Time
		ended bool
	}{
		{l, "6.9", time.Time{}, false},
		{l, "6.8", day("2024-05-30"), true},
		{l, "6.7", last, true},          // not named any more
		{l, "6.12", time.Time{}, false}, // younger than the file
		{l, "vendor", time.Time{}, false},
		{list, "5.4", day("2025-12-31"), true},
		{list, "4.19", day("2024-12-05"), true},
		{list, "4.14", time.Time{}, false}, // a list names those that ended
		{nil, "5.4", time.Time{}, false},
	} {
		if got, ended := c.l.end(c.name, last); !got.Equal(c.want) || ended != c.ended {
			t.Errorf("%s: %v %v, want %v %v", c.name, got, ended, c.want, c.ended)
		}
	}
	for _, c := range []struct{ text, want string }{
		{`{"releases": []}`, "no stable"},
		{`{"releases": [`, "releases.json"},
		{`{"releases": [{"moniker":"stable","version":"6.8.1","iseol":true}]}`, "no day"},
		{"5.4", "write 5.4 2025-12-31"},
		{"5.4 soon", "no day"},
		{"mainline 2024-01-01", "no branch"},
	} {
		if _, err := ReadLifetimes(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
	s := newSmall(t)
	cfg := s.set.cfg
	cfg.Lifetimes = &Lifetimes{Ended: map[string]time.Time{"6.1": day("2024-02-01")}}
	set, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	if s.of(t, set, s.fix, "6.1", day("2024-02-01")).Active || !s.of(t, set, s.fix, "6.1", day("2024-01-31")).Active {
		t.Error("6.1 takes nothing from its last day on, and everything before")
	}
}

func FuzzReadLifetimes(f *testing.F) {
	f.Add([]byte(`{"releases": [{"moniker":"stable","version":"6.8.1","iseol":true,"released":{"isodate":"2024-05-30"}}]}`))
	f.Add([]byte("5.4 2025-12-31\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ReadLifetimes(strings.NewReader(string(b)))
		if (l == nil) != (err != nil) {
			t.Error("neither an answer nor an error, or both")
		}
		l.end("6.1", time.Time{})
	})
}

func FuzzReadQueued(f *testing.F) {
	f.Add([]byte("From: Ada <ada@example.org>\nSubject: =?utf-8?q?gpu=3A_fix?=\n\ncommit 0123456789012345678901234567890123456789 " +
		"upstream.\n---\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := readQueued(b); ok && p.title == 0 {
			t.Error("a patch without a title")
		}
	})
}

// Picked under another title, with nothing that names the original.
func TestSamePatch(t *testing.T) {
	s := newSmall(t)
	s.Git("checkout", "-q", "linux-6.1.y")
	s.Git("cherry-pick", s.fix2)
	s.Git("commit", "-q", "--amend", "-m", "BACKPORT: gpu: mend its end")
	picked := s.Git("rev-parse", "HEAD")
	s.Git("checkout", "-q", "main")
	set := s.with(t)
	if b := s.of(t, set, s.fix2, "6.1", time.Time{}); b.State != present || b.As != picked || !strings.Contains(b.Why, "mend its end") {
		t.Errorf("the same patch: %+v", b)
	}
	if b := s.of(t, set, s.merged, "6.1", time.Time{}); b.State != affected {
		t.Errorf("another patch: %+v", b)
	}
}
