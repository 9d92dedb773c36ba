//go:build measure

package audit_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/kernel/audit"
)

// fault is one that is planted.
type fault struct {
	class  string
	want   []audit.Kind
	at     string // title of the commit at which it has to be found
	user   int    // its number in the branch, 0 for one that is taken from mainline
	drop   int    // number of a commit that is left out where it stood, 0 for none
	behind int    // … and put in behind this one; 0: never
	// edit changes what a commit makes of its files; nil: nothing.
	edit   map[string][]byte
	number int    // the commit that edit is for
	take   string // a mainline commit that is taken behind number
	note   string
}

// TestPlanted plants some 60 faults into copies of three branches and counts those that the
// audit finds with the right class, and what it finds at commits that were not touched.
func TestPlanted(t *testing.T) {
	path := kmod(t)
	names := os.Getenv("STABLEBOT_BRANCHES")
	if names == "" {
		names = "6.6 6.1 5.15"
	}
	right, of := map[string]int{}, map[string]int{}
	strange := 0
	for name := range strings.FieldsSeq(names) {
		g := newGarden(t, path, name)
		faults := g.choose()
		tip, planted := g.plant(faults)
		before := g.found(path, name+"-lts")
		after := g.found(g.dir, tip)
		touched, left := map[string]bool{}, []string{}
		for _, f := range planted {
			of[f.class]++
			touched[f.at] = true
			if f.drop != 0 {
				touched[g.commits[f.drop].Title()] = true
				left = append(left, g.up[f.drop].ID)
			}
			hit := slices.ContainsFunc(after[f.at], func(x audit.Finding) bool {
				return slices.Contains(f.want, x.Kind) && !slices.Contains(kindsOf(before[f.at]), x.Kind) ||
					f.class == inPart && tells(x, g.up[f.drop].ID)
			})
			if hit {
				right[f.class]++
			}
			t.Logf("%s %-22s %v %q: found %v, before %v; %s", name, f.class, hit, f.at, kindsOf(after[f.at]),
				kindsOf(before[f.at]), f.note)
		}
		for title, found := range after {
			// What tells of a commit that was left out is of that fault, wherever it stands.
			found = slices.DeleteFunc(found, func(x audit.Finding) bool {
				return slices.ContainsFunc(left, func(id string) bool { return tells(x, id) })
			})
			if !touched[title] && len(found) > len(before[title]) {
				strange++
				t.Logf("%s: at an untouched commit: %q: %v, before %v", name, title, kindsOf(found), kindsOf(before[title]))
			}
		}
	}
	sum, all := 0, 0
	for _, class := range slices.Sorted(maps.Keys(of)) {
		t.Logf("%-22s %d of %d", class, right[class], of[class])
		sum, all = sum+right[class], all+of[class]
	}
	t.Logf("all %d of %d; findings at untouched commits: %d", sum, all, strange)
}

// inPart is the class of a patch of a series that was left out.
const inPart = "series in part"

// tells reports whether a finding says that a mainline commit is missing: of a series in
// part, that another patch of it uses what it brings is as good a way to tell.
func tells(x audit.Finding, id string) bool {
	return x.Commit == id && (x.Kind == audit.Partial || x.Kind == audit.Missing)
}

func kindsOf(fs []audit.Finding) (out []audit.Kind) {
	for _, f := range fs {
		out = append(out, f.Kind)
	}
	return out
}
