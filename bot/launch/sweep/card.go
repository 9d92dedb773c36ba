package sweep

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

// FindChips looks names up in the catalogue: "dg2" is "DG2 (Arc A)".
func FindChips(names []string) ([]silicon.Entry, error) {
	var out []silicon.Entry
	for _, name := range names {
		var near []string
		n := len(out)
		for _, e := range silicon.Default().Entries() {
			short, _, _ := strings.Cut(e.Name, " (")
			switch want, have := fold(name), fold(e.Name); {
			case want == have || want == fold(short):
				out = append(out, e)
			case want != "" && strings.Contains(have, want):
				near = append(near, e.Name)
			}
		}
		if len(out) > n {
			continue
		}
		if len(near) > 0 {
			return nil, usage.Errorf("the catalogue has no %q; did you mean %s?", name, strings.Join(near[:min(len(near), 5)], ", "))
		}
		return nil, usage.Errorf("the catalogue has no %q; `stablebot silicon` lists what it has", name)
	}
	if e := oldest(out); e.Since == "" {
		return nil, usage.Errorf("the first release with support for %s is not recorded, so there is no day to begin at; "+
			"name a chip or block that `stablebot silicon` has one for", e.Name)
	}
	return out, nil
}

// Card is what a report is about.
type Card struct {
	chips  []silicon.Entry // as they were named
	first  silicon.Entry   // whose support began it
	blocks []silicon.Block // taken in for them
}

func CardOf(chips []silicon.Entry, blocks bool) Card {
	c := Card{chips: chips, first: oldest(chips)}
	for _, e := range chips {
		if !blocks {
			break
		}
		for _, b := range silicon.Default().Blocks(e) {
			named := func(o silicon.Entry) bool { return o.Name == b.Name }
			have := func(o silicon.Block) bool { return o.Name == b.Name }
			if !slices.ContainsFunc(chips, named) && !slices.ContainsFunc(c.blocks, have) {
				c.blocks = append(c.blocks, b)
			}
		}
	}
	return c
}

// oldest is the chip whose support landed first: what was mended in a block before
// that was mended for others. Blocks count where no chip is named. One of which it is
// not recorded comes before all.
func oldest(es []silicon.Entry) silicon.Entry {
	isChip := func(e silicon.Entry) bool { return e.Kind == silicon.KindChip || e.Kind == silicon.KindPlatform }
	chips := slices.ContainsFunc(es, isChip)
	var first *silicon.Entry
	for i, e := range es {
		if chips && !isChip(e) {
			continue
		}
		if first == nil || first.Since != "" && (e.Since == "" || release.Newer(first.Since, e.Since)) {
			first = &es[i]
		}
	}
	return *first
}

// fold makes "DCN 3.1.5", "dcn3.1.5" and "DCN315" one.
func fold(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", ".", "").Replace(strings.ToLower(s))
}
