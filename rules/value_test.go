package rules

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// of reads one value.
func of(t *testing.T, name string, c *change.Change, untagged bool) float64 {
	t.Helper()
	for _, r := range Suite {
		for i := range r.Values {
			if v := &r.Values[i]; v.Name == name {
				return v.Of(&Facts{Change: c, Untagged: untagged})
			}
		}
	}
	t.Fatalf("no rule declares %q", name)
	return 0
}

func TestVerb(t *testing.T) {
	for _, x := range []struct{ title, verb string }{
		{"drm/foo: add a lamp", "add"},
		{"drm/foo/bar: lamp: implement blinking", "add"}, // after the last prefix
		{"drm/foo:  fix the lamp", "fix"},
		{"remove the lamp", "remove"},
		{"drm/foo: don't blink", "avoid"},
		{"drm/foo: validate the lamp", "check"},
		{"drm/foo: rework the lamp", "rename"},
		{"drm/foo: expose the lamp", "support"},
		{"drm/foo: bump the lamp to 3", "update"},
		{"drm/foo: cancel the work", "wait"},
		{"drm/foo: addition of lamps", ""}, // no word of the list, only its beginning
		{"drm/foo: lamps fix", ""},         // the first word decides
		{"drm/foo:", ""},
		{"", ""},
	} {
		got := ""
		if v := (&Facts{Change: &change.Change{Subject: x.title}}).verb(); v > 0 {
			got = verbs[v-1].name
		}
		if got != x.verb {
			t.Errorf("%q begins with %q, want %q", x.title, got, x.verb)
		}
	}
	seen := map[string]string{}
	for _, v := range verbs {
		for _, w := range v.of {
			if old := seen[w]; old != "" {
				t.Errorf("%q is of %s and of %s: the later one wins unseen", w, old, v.name)
			}
			if seen[w] = v.name; w != strings.ToLower(w) {
				t.Errorf("%q is never met: titles are compared in lower case", w)
			}
		}
	}
}

func TestPosted(t *testing.T) {
	patch := func(p change.Prefix) *change.Change {
		return &change.Change{Kind: change.Mail, Subject: "drm/foo: fix the lamp", Prefix: p}
	}
	plain := &change.Change{Kind: change.Mail, Subject: "drm/foo: add a lamp", Prefix: change.Prefix{N: 2, Of: 8}}
	sent := patch(change.Prefix{})
	sent.Stable = []change.StableTag{{Recipient: true}}
	many := patch(change.Prefix{})
	many.To, many.Cc = make([]string, 3), make([]string, 4)
	words := func(w ...string) *change.Change { return patch(change.Prefix{Words: w}) }
	for _, x := range []struct {
		what, name string
		c          *change.Change
		untagged   bool
		want       float64
	}{
		{"alone", "post.series", patch(change.Prefix{}), false, 0},
		{"one of eight", "post.series", plain, false, 3},
		{"no fix", "post.series.claims", plain, false, 0},
		{"a fix of eight", "post.series.claims", patch(change.Prefix{N: 2, Of: 8}), false, 3},
		{"a series without end counts 64", "post.series", patch(change.Prefix{N: 1, Of: 5000}), false, 6},
		{"first", "post.first", patch(change.Prefix{N: 1, Of: 2}), false, 1},
		{"second", "post.first", patch(change.Prefix{N: 2, Of: 2}), false, 0},
		{"alone is not first", "post.first", patch(change.Prefix{N: 1, Of: 1}), false, 0},
		{"version 4", "post.version", patch(change.Prefix{Version: 4}), false, 2},
		{"version 1", "post.version", patch(change.Prefix{Version: 1}), false, 0},
		{"a commit has no version", "post.version", &change.Change{Kind: change.Commit, Prefix: change.Prefix{Version: 4}}, false, 0},
		{"again", "post.resend", patch(change.Prefix{Resend: true}), false, 1},
		{"comments", "post.rfc", patch(change.Prefix{RFC: true}), false, 1},
		{"net-next", "post.next", words("net-next"), false, 1},
		{"net-next is not now", "post.now", words("net-next"), false, 0},
		{"net", "post.now", words("net"), false, 1},
		{"net is not next", "post.next", words("net"), false, 0},
		{"a fixes tree", "post.now", words("drm-fixes"), false, 1},
		{"an unknown word is neither", "post.now", words("foo"), false, 0},
		{"an unknown word is neither", "post.next", words("foo"), false, 0},
		{"next and a fix", "post.next.claims", words("foo-next"), false, 1},
		{"sent to stable", "post.cc.stable", sent, false, 1},
		{"as if it were not", "post.cc.stable", sent, true, 0},
		{"recipients", "post.to", many, false, 3},
	} {
		if got := of(t, x.name, x.c, x.untagged); got != x.want {
			t.Errorf("%s: %s is %v, want %v", x.what, x.name, got, x.want)
		}
	}
}

// added is a file to which lines are added, or new with them.
func added(name string, isNew bool, lines ...string) *gitdiff.File {
	f := &gitdiff.File{OldName: name, NewName: name, IsNew: isNew}
	h := &gitdiff.TextFragment{NewLines: int64(len(lines)), LinesAdded: int64(len(lines))}
	for _, l := range lines {
		h.Lines = append(h.Lines, gitdiff.Line{Op: gitdiff.OpAdd, Line: l + "\n"})
	}
	f.TextFragments = []*gitdiff.TextFragment{h}
	return f
}

func TestPaths(t *testing.T) {
	in := func(names ...string) *change.Change {
		c := &change.Change{}
		for _, n := range names {
			c.Files = append(c.Files, &gitdiff.File{OldName: n, NewName: n})
		}
		return c
	}
	gone := &change.Change{Files: []*gitdiff.File{{OldName: "drivers/staging/foo/foo.c", IsDelete: true}}}
	rows := func(lines ...string) *change.Change {
		return &change.Change{Files: []*gitdiff.File{added("drivers/foo.c", false, lines...)}, Size: change.Size{Added: len(lines)}}
	}
	cut := rows("\t{ 1, 2 },")
	cut.Size.Removed = 1
	fresh := rows("\t{ 1, 2 },")
	fresh.Size.NewFiles = 1
	long := rows("\t{ 1, 2 },")
	long.Size.Added = maxRows + 1
	for _, x := range []struct {
		what, name string
		c          *change.Change
		want       float64
	}{
		{"a board", "files.boards", in("arch/arm64/boot/dts/foo.dts"), 1},
		{"what boards include", "files.boards", in("arch/arm64/boot/dts/foo.dtsi"), 1},
		{"no board", "files.boards", in("arch/arm64/boot/dts/Makefile"), 0},
		{"a binding", "files.bindings", in("Documentation/devicetree/bindings/foo.yaml"), 1},
		{"its header", "files.bindings", in("include/dt-bindings/foo.h"), 1},
		{"staging, deleted", "files.staging", gone, 1},
		{"not staging", "files.staging", in("drivers/gpu/staging/foo.c"), 0},
		{"maintainers", "files.maintainers", in("MAINTAINERS"), 1},
		{"another one", "files.maintainers", in("tools/MAINTAINERS"), 0},
		{"rust", "files.rust", in("drivers/foo.rs"), 1},
		{"shared", "files.shared", in("drivers/foo.c", "mm/foo.c"), 1},
		{"drivers, sound and documentation are not", "files.shared", in("drivers/foo.c", "sound/foo.c", "Documentation/foo.rst"), 0},
		{"the top folder is not", "files.shared", in("MAINTAINERS"), 0},
		{"of a library", "files.foreign", in("src/foo.c", "meson.build"), 1},
		{"of the kernel in part", "files.foreign", in("src/foo.c", "lib/foo.c"), 0},
		{"one folder", "files.dirs", in("a/b.c", "a/c.c"), 0},
		{"four folders", "files.dirs", in("a/b.c", "b/c.c", "c/d.c", "d/e.c"), 2},
		{"only added", "size.insert", rows("a;"), 1},
		{"also removed", "size.insert", cut, 0},
		{"few", "size.insert.few", rows("a;", "b;"), 1},
		{"a new file is not few", "size.insert.few", fresh, 0},
		{"a row", "size.rows", rows("\t{ PCI_DEVICE(0x1002, 0x744c), },"), 1},
		{"rows with a comment", "size.rows", rows("\t/* new lamps */", "\t{", "\t\t.lamp = 1,", "\t},"), 1},
		{"code", "size.rows", rows("\t{ 1, 2 },", "\tfoo();"), 0},
		{"an argument is no row", "size.rows", rows("\tfoo,"), 0},
		{"a row for another", "size.rows", cut, 0},
		{"a new table", "size.rows", fresh, 0},
		{"too many to be looked at", "size.rows", long, 0},
	} {
		if got := of(t, x.name, x.c, false); got != x.want {
			t.Errorf("%s: %s is %v, want %v", x.what, x.name, got, x.want)
		}
	}
}

// What was not looked at in full is not said to be absent.
func TestLongChangeDeniesNothing(t *testing.T) {
	lines := make([]string, 6000)
	for i := range lines {
		lines[i] = "\tacme_write(a, 1);"
	}
	lines[5900] = "MODULE_FIRMWARE(\"acme/n1.bin\");"
	c := &change.Change{Files: []*gitdiff.File{added("drivers/foo.c", false, lines...)}, Size: change.Size{Added: len(lines), Files: 1}}
	for _, r := range []*Rule{NoFirmware, NoNewKconfig, NoNewUAPI} {
		if got, err := r.Run(&Facts{Change: c}); err != nil || got.Outcome != Unknown {
			t.Errorf("%s: %s %q, %v", r.ID, got.Outcome, got.Reason, err)
		}
	}
}
