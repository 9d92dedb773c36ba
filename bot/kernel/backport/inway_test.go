package backport

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/objects"
)

// TestInWay: the commit in the way of an edit is the one that made its place other than in
// the branch: of mainline, of the branch, or the one that brought a name.
func TestInWay(t *testing.T) {
	const file, head = "drivers/fluid/pump/pump.c", "drivers/fluid/pump/pump.h"
	text := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	stop := func(lines ...string) string {
		return text("#include \"pump.h\"", "", "static void pump_stop(struct pump *p)", "{") + text(lines...) + "}\n"
	}
	g := gittest.New(t)
	g.Write(head, header)
	g.Put(file, stop("	int i;", "", "	p->level = 0;", "	p->valve = 0;", "	p->ready = 0;"), "begin")
	g.Git("checkout", "-q", "-b", "stable")
	g.Git("checkout", "-q", "main")
	named := g.Put(head, header+"#define PUMP_FLUSH 7\n", "a name")
	g.Put(head, header+"#define PUMP_FLUSH 8\n", "another number")
	drift := g.Put(file, stop("	int i;", "", "	p->level = 9;", "	p->valve = 0;", "	p->ready = 0;"), "drift")
	g.Put("drivers/fluid/tank.c", "int i;\n", "elsewhere")
	base := stop("	int i;", "", "	p->level = 9;", "	p->valve = 0;", "	p->ready = 0;")
	r, err := git.Open(t.Context(), g.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	store := objects.New(r, 1<<20)
	for name, c := range map[string]struct {
		fix  string
		own  string // the branch's file, when it has a commit of its own
		want func(own string) string
	}{
		"mainline changed what the fix changes": {
			fix:  strings.Replace(base, "p->level = 9;", "p->level = 5;", 1),
			want: func(string) string { return drift },
		},
		"the branch has it in its own way": {
			fix:  strings.Replace(base, "	p->ready = 0;", "	p->ready = p->count;", 1),
			own:  stop("	int i;", "", "	p->level = 0;", "	p->valve = 0;", "	p->ready = fluid_ready(p, 1, 2);"),
			want: func(own string) string { return own },
		},
		"a name that came later": {
			fix:  strings.Replace(base, "	p->ready = 0;", "	p->ready = PUMP_FLUSH;", 1),
			want: func(string) string { return named },
		},
	} {
		t.Run(name, func(t *testing.T) {
			g.Git("checkout", "-q", "-B", "try", "stable")
			own := g.Git("rev-parse", "HEAD")
			if c.own != "" {
				own = g.Put(file, c.own, "own")
			}
			g.Git("checkout", "-q", "-B", "fix", "main")
			fix := g.Put(file, c.fix, "fix")
			q := Question{Files: []*gitdiff.File{{OldName: file, NewName: file}}, Words: NewWords()}
			at := func(rev string) *objects.Snapshot {
				s, err := store.At(t.Context(), rev)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			q.Base, q.Theirs, q.Ours = at(fix+"^"), at(fix), at(own)
			res, err := Adapt(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			cs, err := InWay(t.Context(), r, Range{Fork: g.Git("merge-base", "main", "stable"), Base: fix + "^", Ours: own}, res)
			if err != nil {
				t.Fatal(err)
			}
			if len(cs) != 1 || cs[0].Commit != c.want(own) || cs[0].Own != (c.own != "") {
				t.Errorf("%+v, want %s; %+v", cs, c.want(own), res)
			}
		})
	}
}
