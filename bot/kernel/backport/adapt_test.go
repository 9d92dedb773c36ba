package backport

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// tree is a tree of texts by path.
type tree map[string]string

func (t tree) Entry(_ context.Context, path string) (apply.Entry, error) {
	if s, ok := t[path]; ok {
		return apply.Entry{Mode: apply.Regular, ID: path + "\x00" + s}, nil
	}
	for p := range t {
		if strings.HasPrefix(p, path+"/") {
			return apply.Entry{Mode: apply.Folder}, nil
		}
	}
	return apply.Entry{}, nil
}

func (t tree) Image(_ context.Context, e apply.Entry) (*apply.Image, error) {
	_, s, _ := strings.Cut(e.ID, "\x00")
	return apply.NewImage([]byte(s)), nil
}

func (t tree) Names(_ context.Context, folder string) (out []string, err error) {
	for p := range t {
		if rest, ok := strings.CutPrefix(p, folder+"/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (t tree) with(path, s string) tree {
	out := tree{}
	for p, text := range t {
		out[p] = text
	}
	out[path] = s
	return out
}

const pump = "drivers/fluid/pump/pump.c"

// source is a small driver; parts of it are replaced by name.
func source(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`#include <linux/module.h>
#include "pump.h"

static int pump_read(struct pump *p, int *level)
{
	u32 raw;
	int i;

	raw = pump_reg_read(p, PUMP_LEVEL);
	if (raw > PUMP_MAX)
		raw = PUMP_MAX;

	for (i = 0; i < p->valves; i++)
		raw += p->valve[i].offset;

	*level = raw;
	return 0;
}

static void pump_stop(struct pump *p)
{
	mutex_lock(&p->lock);
	pump_reg_write(p, PUMP_CTRL, 0);
	p->running = false;
	mutex_unlock(&p->lock);
}

static const struct pump_ops pump_ops = {
	.read = pump_read,
	.stop = pump_stop,
};
`)
}

const header = "u32 pump_reg_read(struct pump *p, u32 reg);\nvoid pump_reg_write(struct pump *p, u32 reg, u32 v);\n#define PUMP_LEVEL 1\n#define PUMP_CTRL 2\n#define PUMP_MAX 9\nvoid pump_drain(struct pump *p);\n"

func asks(base, theirs, ours tree) Question {
	q := Question{Base: base, Theirs: theirs, Ours: ours, Words: NewWords()}
	for p, s := range theirs {
		if was, ok := base[p]; !ok || was != s {
			q.Files = append(q.Files, &gitdiff.File{OldName: p, NewName: p, IsNew: !ok})
		}
	}
	slices.SortFunc(q.Files, func(a, b *gitdiff.File) int { return strings.Compare(a.NewName, b.NewName) })
	return q
}

func TestLadder(t *testing.T) {
	const h = "drivers/fluid/pump/pump.h"
	drain := []string{"	p->running = false;\n", "	pump_drain(p);\n	p->running = false;\n"}
	for name, c := range map[string]struct {
		base, theirs, ours []string // replacements of the source
		header             string   // of the branch
		want               []string // replacements of the branch's source
		rung               Rung
		refused, warned    bool
	}{
		"the lines around it differ, those that go are there once": {
			base:   []string{"	if (raw > PUMP_MAX)\n", "	trace_level(raw);\n	if (raw > PUMP_MAX)\n", "\n	for", "	trace_cut(raw);\n	for"},
			theirs: []string{"		raw = PUMP_MAX;\n", "		return -ERANGE;\n"},
			want:   []string{"		raw = PUMP_MAX;\n", "		return -ERANGE;\n"},
			rung:   Context,
		},
		"a line belongs to the one that no empty line sets it off from": {
			base:   []string{"	u32 raw;\n", "	u32 raw, old;\n"},
			theirs: []string{"	int i;\n", "	int i;\n	int k;\n"},
			ours:   []string{"	int i;\n\n", "	int i;\n	bool wet;\n\n	wet = p->running;\n"},
			want:   []string{"	int i;\n", "	int i;\n	int k;\n"},
			rung:   Context, warned: true,
		},
		"a condition of the branch alone is doubtful": {
			base:   []string{"\n	*level = raw;\n", "\n	trace_level(raw);\n	*level = raw;\n"},
			theirs: []string{"	*level = raw;\n", "	*level = raw;\n	p->running = true;\n"},
			ours:   []string{"\n	*level = raw;\n	return 0;", "\n	if (level)\n		*level = raw;\n	return raw;"},
			want:   []string{"		*level = raw;\n", "		*level = raw;\n		p->running = true;\n"},
			rung:   Context, warned: true,
		},
		"fix and branch changed other words of a line": {
			base:   []string{"raw += p->valve[i].offset", "raw += 2 * p->valve[i].offset"},
			theirs: []string{"raw += p->valve[i].offset", "raw -= 2 * p->valve[i].offset"},
			want:   []string{"raw += p->valve[i].offset", "raw -= p->valve[i].offset"},
			rung:   Woven,
		},
		"mainline calls it otherwise everywhere": {
			base: []string{"pump_reg_read(p, PUMP_LEVEL)", "fluid_get(p->map, PUMP_LEVEL)", "pump_reg_write(p, PUMP_CTRL, 0)", "fluid_put(p->map, PUMP_CTRL, 0)"},
			theirs: []string{"pump_reg_read(p, PUMP_LEVEL)", "fluid_get(p->map, PUMP_LEVEL)", "pump_reg_write(p, PUMP_CTRL, 0)", "fluid_put(p->map, PUMP_CTRL, 0)",
				"	p->running = false;\n", "	fluid_put(p->map, PUMP_LEVEL, 0);\n	p->running = false;\n"},
			want: []string{"	p->running = false;\n", "	pump_reg_write(p, PUMP_LEVEL, 0);\n	p->running = false;\n"},
			rung: Renamed,
		},
		"an argument more": {
			base:   []string{"pump_reg_write(p, PUMP_CTRL, 0)", "pump_reg_write(p, PUMP_CTRL, 0, true)"},
			theirs: []string{"pump_reg_write(p, PUMP_CTRL, 0)", "pump_reg_write(p, PUMP_CTRL, 0, true)", "	p->running = false;\n", "	p->running = false;\n	pump_reg_write(p, PUMP_LEVEL, 1, true);\n"},
			header: header, refused: true,
		},
		"code that the branch lacks": {
			base:   []string{"static const struct", "static void pump_purge(struct pump *p)\n{\n	p->purged = 1;\n}\n\nstatic const struct"},
			theirs: append([]string{"static const struct", "static void pump_purge(struct pump *p)\n{\n	p->purged = 2;\n}\n\nstatic const struct"}, drain...),
			want:   drain,
			rung:   Dropped, warned: true,
		},
		"a name that the branch lacks": {
			theirs: drain, ours: []string{"mutex_", "spin_"},
			header: strings.Replace(header, "pump_drain", "pump_other", 1), refused: true,
		},
		"a name that the branch lacks, behind a comment": {
			theirs: []string{"	p->running = false;\n", "	/*\n	 * It has to be empty\n	 * by now.\n	 */\n	pump_drain(p);\n	p->running = false;\n"},
			header: strings.Replace(header, "pump_drain", "pump_other", 1), refused: true,
		},
		"the last entry of a list has no comma": {
			base:   []string{"	.stop = pump_stop,\n", "	.stop = pump_stop,\n	.purge = NULL,\n"},
			theirs: []string{"	.stop = pump_stop,\n", "	.stop = pump_stop,\n	.level = pump_read,\n	.purge = NULL,\n"},
			ours:   []string{"	.stop = pump_stop,\n", "	.stop = pump_stop\n"},
			want:   []string{"	.stop = pump_stop\n", "	.stop = pump_stop,\n	.level = pump_read,\n"},
			rung:   Context, warned: true,
		},
		"an empty line is no neighbour": {
			theirs: []string{"		raw = PUMP_MAX;\n", "		raw = PUMP_MAX;\n	p->wet = raw;\n"},
			ours:   []string{"\n	for (", "\n	trace_cut(raw);\n\n	for ("},
			want:   []string{"		raw = PUMP_MAX;\n", "		raw = PUMP_MAX;\n	p->wet = raw;\n"},
			rung:   ThreeWay, warned: true,
		},
		"the branch has the function already": {
			theirs:  []string{"static const struct", "static void pump_purge(struct pump *p)\n{\n	pump_drain(p);\n}\n\nstatic const struct"},
			ours:    []string{"static void pump_stop", "static void pump_purge(struct pump *p)\n{\n	pump_drain(p);\n}\n\nstatic void pump_stop"},
			refused: true,
		},
		"both changed the same words": {
			base:    []string{"raw > PUMP_MAX", "raw > PUMP_MAX + 1"},
			theirs:  []string{"raw > PUMP_MAX", "raw > PUMP_MAX + 2"},
			ours:    []string{"raw > PUMP_MAX", "raw > PUMP_CTRL"},
			refused: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			base := source(c.base...)
			if len(c.theirs) == 0 {
				t.Fatal("no change")
			}
			theirs := strings.NewReplacer(c.theirs...).Replace(base)
			if strings.Contains(name, "everywhere") || strings.Contains(name, "argument") || strings.Contains(name, "lacks") && len(c.base) > 0 || strings.Contains(name, "comma") ||
				strings.Contains(name, "words") {
				theirs = source(c.theirs...)
			}
			ours := source(c.ours...)
			newer := header + "u32 fluid_get(void *map, u32 reg);\nvoid fluid_put(void *map, u32 reg, u32 v);\n"
			if name == "an argument more" {
				newer = strings.Replace(header, "u32 v)", "u32 v, bool now)", 1)
			}
			if c.header == "" {
				c.header = header
			}
			q := asks(tree{pump: base, h: newer}, tree{pump: theirs, h: newer}, tree{pump: ours, h: c.header})
			r, err := Adapt(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			if c.refused {
				if r.Proposed() {
					t.Fatalf("proposed by %v:\n%s", r.Rung, r.Files[0].After)
				}
				return
			}
			if !r.Proposed() || r.Rung != c.rung || c.warned != (len(r.Warnings) > 0) {
				t.Fatalf("rung %v, refused %+v, misses %v, warnings %v, want %v", r.Rung, r.Refused, r.Misses, r.Warnings, c.rung)
			}
			want := strings.NewReplacer(c.want...).Replace(ours)
			if got := string(r.Files[0].After); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for _, s := range r.Steps {
				if s.Rung > ThreeWay && s.Proof == "" {
					t.Errorf("no proof: %+v", s)
				}
			}
		})
	}
}

// A file that moved, a function that stands in another file, and one that stands nowhere.
func TestElsewhere(t *testing.T) {
	ctx := context.Background()
	const h = "drivers/fluid/pump/pump.h"
	fixed := source("		raw = PUMP_MAX;\n", "		return -ERANGE;\n")
	base := tree{pump: source(), h: header}
	q := asks(base, base.with(pump, fixed), tree{"drivers/fluid/pump.c": source("i < p->valves", "i < p->count"), h: header})
	r, err := Adapt(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Proposed() || r.Rung != Moved || r.Files[0].Path != "drivers/fluid/pump.c" {
		t.Errorf("a file that moved: %+v", r)
	}
	level := source()
	level = level[strings.Index(level, "static int pump_read"):strings.Index(level, "static void pump_stop")]
	q = asks(base, base.with(pump, fixed), tree{pump: strings.Replace(source(), level, "", 1), "drivers/fluid/pump/level.c": level, h: header})
	if r, err = Adapt(ctx, q); err != nil {
		t.Fatal(err)
	}
	if !r.Proposed() || r.Rung != Moved || len(r.Files) != 1 || r.Files[0].Path != "drivers/fluid/pump/level.c" || !strings.Contains(string(r.Files[0].After), "-ERANGE") {
		t.Errorf("a function that moved: %+v", r)
	}
	q = asks(base, base.with(pump, fixed), tree{h: header})
	if r, err = Adapt(ctx, q); err != nil {
		t.Fatal(err)
	}
	if r.Proposed() {
		t.Errorf("nothing to change was proposed: %+v", r)
	}
}

// A function that another file of the change has to itself in the branch is no name there.
func TestStatic(t *testing.T) {
	const h, other = "drivers/fluid/pump/pump.h", "drivers/fluid/pump/valve.c"
	valve := func(kind, n string) string {
		return kind + "void pump_shut(struct pump *p)\n{\n	p->shut = " + n + ";\n}\n"
	}
	with := source("	p->running = false;\n", "	pump_shut(p);\n	p->running = false;\n")
	now := header + "void pump_shut(struct pump *p);\n"
	for kind, proposed := range map[string]bool{"": true, "static ": false} {
		ours := tree{pump: source(), h: header, other: valve(kind, "1")}
		if proposed {
			ours[h] = now
		}
		q := asks(tree{pump: source(), h: now, other: valve("", "1")}, tree{pump: with, h: now, other: valve("", "2")}, ours)
		r, err := Adapt(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if r.Proposed() != proposed {
			t.Errorf("%q: %+v", kind, r)
		}
	}
}

// A function that a header of the driver declares is doubtful where the file does not
// include it, by itself or by another header.
func TestIncluded(t *testing.T) {
	const h, extra = "drivers/fluid/pump/pump.h", "drivers/fluid/pump/pump_extra.h"
	const get, declares = "#include \"pump.h\"\n", "int pump_extra(struct pump *p);\n"
	mainline := source(get, get+"#include \"pump_extra.h\"\n")
	fixed := strings.Replace(mainline, "	p->running = false;\n", "	pump_extra(p);\n	p->running = false;\n", 1)
	for name, c := range map[string]struct {
		ours, header string
		sure         bool
	}{
		"it does not":       {source(), header, false},
		"it does":           {mainline, header, true},
		"by another header": {source(), header + "#include \"pump_extra.h\"\n", true},
	} {
		base := tree{pump: mainline, h: header, extra: declares}
		r, err := Adapt(context.Background(), asks(base, base.with(pump, fixed), tree{pump: c.ours, h: c.header, extra: declares}))
		if err != nil {
			t.Fatal(err)
		}
		if !r.Proposed() || r.sure() != c.sure || (len(r.Doubts()) == 0) != c.sure {
			t.Errorf("%s: %v, %v", name, r.Doubts(), r.Warnings)
		}
	}
}

// A name that the branch lacks is told where the step was said in the branch's words too.
func TestRenamedMisses(t *testing.T) {
	const h = "drivers/fluid/pump/pump.h"
	calls := []string{"pump_reg_read(p, PUMP_LEVEL)", "fluid_get(p->map, PUMP_LEVEL)", "pump_reg_write(p, PUMP_CTRL, 0)", "fluid_put(p->map, PUMP_CTRL, 0)"}
	newer := header + "u32 fluid_get(void *map, u32 reg);\nvoid fluid_put(void *map, u32 reg, u32 v);\n#define PUMP_FLUSH 7\n"
	fixed := source(append(slices.Clone(calls), "	p->running = false;\n", "	fluid_put(p->map, PUMP_FLUSH, 0);\n	p->running = false;\n")...)
	r, err := Adapt(context.Background(), asks(tree{pump: source(calls...), h: newer}, tree{pump: fixed, h: newer}, tree{pump: source(), h: header}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Proposed() || len(lackingNames(r.Steps)) != 1 || len(r.Steps[0].drift) != 1 || r.Steps[0].drift[0].from != strings.Count(newer, "\n")-1 {
		t.Errorf("%+v", r)
	}
}

// What a newer branch carries comes before anything else.
func TestNewer(t *testing.T) {
	const h = "drivers/fluid/pump/pump.h"
	base := tree{pump: source("raw > PUMP_MAX", "pump_over(raw)"), h: header}
	theirs := tree{pump: source("raw > PUMP_MAX", "pump_over(raw + 1)"), h: header}
	ours := tree{pump: source(), h: header}
	q := asks(base, theirs, ours)
	carried := asks(ours, ours.with(pump, source("raw > PUMP_MAX", "raw + 1 > PUMP_MAX")), ours)
	q.Newer = []Carried{{Branch: "6.6", Commit: "1234", Files: carried.Files, Before: carried.Base, After: carried.Theirs}}
	r, err := Adapt(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Proposed() || r.Rung != Newer || r.Carried == nil || r.Carried.Branch != "6.6" {
		t.Errorf("%+v", r)
	}
}

// Aligning is what everything stands on: pairs rise on both sides and are the same.
func TestAlign(t *testing.T) {
	for _, c := range [][2]string{
		{"a b c d e", "a c d x e"}, {"", "a"}, {"a a a b", "a b a a"}, {"x y z", "p q r"}, {"{ a } { b } { c }", "{ a } { c } { d }"},
	} {
		a, b := strings.Fields(c[0]), strings.Fields(c[1])
		last := [2]int{-1, -1}
		for _, p := range align(a, b) {
			if p[0] <= last[0] || p[1] <= last[1] || a[p[0]] != b[p[1]] {
				t.Errorf("%q: %v after %v", c, p, last)
			}
			last = p
		}
		var out []string
		at := 0
		for _, e := range edits(a, b) {
			out = append(out, a[at:e.from]...)
			out = append(out, b[e.put:e.end]...)
			at = e.to
		}
		if out = append(out, a[at:]...); !slices.Equal(out, b) {
			t.Errorf("%q: %v", c, out)
		}
	}
}

func FuzzLadder(f *testing.F) {
	f.Add(source(), source("raw", "level"), source("i < p", "i <= p"))
	f.Add("a\nb\n", "a\nc\n", "b\n")
	f.Fuzz(func(t *testing.T, base, theirs, ours string) {
		if len(base)+len(theirs)+len(ours) > 20000 {
			return
		}
		q := asks(tree{pump: base}, tree{pump: theirs}, tree{pump: ours})
		r, err := Adapt(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		// A change of the very file that the branch has goes in as it is.
		if base == ours && base != theirs && (!r.Proposed() && len(r.Refused) > 0 || len(r.Files) == 1 && string(r.Files[0].After) != theirs) {
			t.Errorf("%+v", r)
		}
	})
}
