package silicon

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stablebot/stablebot/rules/release"
)

// chips is the number of chips, platforms and IP blocks that the catalogue is
// to have at least.
const chips = 600

func TestCatalogueIsSound(t *testing.T) {
	c, err := Load(embedded)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, e := range c.entries {
		if e.Kind != KindDriver && e.Kind != KindFamily {
			n++
		}
		if strings.TrimSpace(e.Name) != e.Name || strings.TrimSpace(e.Source) != e.Source {
			t.Errorf("%s: name or source has spaces around it", e.Name)
		}
		if e.Launched != "" && !strings.Contains(e.Source, "launch:") {
			t.Errorf("%s: launched %s, and the source does not say who announced it", e.Name, e.Launched)
		}
		if e.Launched != "" && e.State != Production {
			t.Errorf("%s: launched %s but %s", e.Name, e.Launched, e.State)
		}
		if e.State == Production && e.Launched == "" && strings.Contains(e.Source, "not recorded") {
			t.Errorf("%s: production, and the source does not know of a launch", e.Name)
		}
		if e.Enabled != "" && e.Since != "" && !release.Newer(e.Enabled, e.Since) {
			t.Errorf("%s: enabled in %s, which is not after %s", e.Name, e.Enabled, e.Since)
		}
		for j, p := range e.Patterns {
			if len(p.What) > maxToken {
				t.Errorf("%s: %s:%s is longer than the matcher looks", e.Name, p.How, p.What)
			}
			if slices.Contains(e.Patterns[:j], p) {
				t.Errorf("%s: %s:%s stands twice", e.Name, p.How, p.What)
			}
			shadowed(t, c, int32(i), p)
		}
		ancestors := 0
		for at := i; c.entries[at].Parent != ""; ancestors++ {
			if ancestors > len(c.entries) {
				t.Fatalf("%s: its parents run in a circle", e.Name)
			}
			at = parentOf(c, at)
		}
	}
	if n < chips {
		t.Errorf("%d chips, platforms and IP blocks, want %d", n, chips)
	}
	if len(c.entries) > 3000 {
		t.Errorf("%d entries: the identifier filter is sized for 3,000", len(c.entries))
	}
}

// shadowed checks that what a pattern says leads to its entry, in each of its
// drivers, and to no entry that is not its relative.
func shadowed(t *testing.T, c *Catalogue, entry int32, p Pattern) {
	e := &c.entries[entry]
	for d := range c.ix.drivers {
		if !c.ix.drivers[d].member[entry] {
			continue
		}
		m := matcher{x: &c.ix, entries: c.entries, driver: d, drivers: []int{d}}
		switch p.How {
		case byID, byPre, bySeg:
			m.token(p.What, InPath)
		case byWord, byTitle:
			m.phrases(strings.ReplaceAll(p.What, "_", " "), InTitle)
		case byVer:
			block, v, _ := strings.Cut(p.What, ":")
			m.block(block, v, p.What, true)
		case byPCI:
			m.pciID("0x"+p.What, "PCI")
		case byOF:
			m.compatible(p.What + `"`)
		default:
			return
		}
		if !slices.ContainsFunc(m.hits, func(h hit) bool { return h.entry == entry }) {
			t.Errorf("%s (%s): %s:%s is shadowed: it gives %s", e.Name, c.ix.drivers[d].name, p.How, p.What, namesOf(c, m.hits))
		}
		for _, h := range m.hits {
			if h.entry != entry && !related(c, int(h.entry), int(entry)) {
				t.Errorf("%s (%s): %s:%s also gives %s", e.Name, c.ix.drivers[d].name, p.How, p.What, c.entries[h.entry].Name)
			}
		}
	}
}

func namesOf(c *Catalogue, hits []hit) (out []string) {
	for _, h := range hits {
		if h.entry == noEntry {
			out = append(out, h.name)
		} else {
			out = append(out, c.entries[h.entry].Name)
		}
	}
	return out
}

func parentOf(c *Catalogue, i int) int {
	return slices.IndexFunc(c.entries, func(e Entry) bool {
		return e.Name == c.entries[i].Parent && slices.Contains(e.Drivers, c.entries[i].Drivers[0])
	})
}

func related(c *Catalogue, a, b int) bool {
	up := func(from, to int) bool {
		for i := from; c.entries[i].Parent != ""; {
			if i = parentOf(c, i); i == to {
				return true
			}
		}
		return false
	}
	return up(a, b) || up(b, a)
}

func TestLoadRefuses(t *testing.T) {
	const driver = "drv\tdrv\tdriver\tproduction\t\t\t\t\tpath:drivers/drv/\tMAINTAINERS\n"
	for _, tc := range []struct{ name, text, want string }{
		{"empty directory", "", "no *.tsv"},
		{"columns", "a\tb\n", "x.tsv:1: want 10 columns"},
		{"eleven columns", "a\tdrv\tchip\tunknown\t\t\t\t\tid:aa\ts\textra\n", "want 10 columns"},
		{"kind", driver + "a\tdrv\tcard\tunknown\t\t\t\t\tid:aa\ts\n", `x.tsv:2: a: kind "card"`},
		{"state", driver + "a\tdrv\tchip\tsold\t\t\t\t\tid:aa\ts\n", `state "sold"`},
		{"release", driver + "a\tdrv\tchip\tunknown\tv6.1\t\t\t\tid:aa\ts\n", `"v6.1" is no release`},
		{"date", driver + "a\tdrv\tchip\tunknown\t\t\t2024-13\t\tid:aa\ts\n", `launch date "2024-13"`},
		{"source", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tid:aa\t\n", "no source"},
		{"no pattern", driver + "a\tdrv\tchip\tunknown\t\t\t\t\t\ts\n", "nothing recognises it"},
		{"pattern form", driver + "a\tdrv\tchip\tunknown\t\t\t\t\taa\ts\n", "not of the form how:what"},
		{"pattern kind", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tre:aa\ts\n", `"re" is no way`},
		{"identifier", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tid:a-b\ts\n", "not an identifier"},
		{"pci", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tpci:12g4\ts\n", "not four hex digits"},
		{"version", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tver:gc\ts\n", "not of the form block"},
		{"name form", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tnew:gfx\ts\n", "one # for each digit"},
		{"path of a chip", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tpath:x/\ts\n", "only a driver entry"},
		{"unknown driver", "a\tdrv\tchip\tunknown\t\t\t\t\tid:aa\ts\n", "no entry of kind driver"},
		{"twice", driver + "a\tdrv\tchip\tunknown\t\t\t\t\tid:aa\ts\na\tdrv\tchip\tunknown\t\t\t\t\tid:ab\ts\n", "stands twice"},
		{"parent", driver + "a\tdrv\tchip\tunknown\t\t\t\tb\tid:aa\ts\n", `parent "b"`},
		{"two drivers", driver + driver, "one entry of its own"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := fstest.MapFS{"README.md": {}}
			if tc.text != "" {
				dir["x.tsv"] = &fstest.MapFile{Data: []byte(tc.text)}
			}
			_, err := Load(dir)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestStateAt(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tc := range []struct {
		launched string
		state    State
		day      string
		want     State
	}{
		{"2022-12-13", Production, "2022-12-12", PreProduction},
		{"2022-12-13", Production, "2022-12-13", Production},
		{"2024-02", Production, "2024-02-28", PreProduction},
		{"2024-02", Production, "2024-02-29", Production},
		{"2024-02", Production, "2024-01-31", PreProduction},
		{"2024-02", Production, "2024-03-01", Production},
		{"", Production, "1999-01-01", Production},
		{"", Unknown, "2030-01-01", Unknown},
		{"", PreProduction, "2030-01-01", PreProduction},
	} {
		m := Match{Launched: tc.launched, State: tc.state}
		if got := m.StateAt(day(tc.day)); got != tc.want {
			t.Errorf("launched %q, %s, on %s: %s, want %s", tc.launched, tc.state, tc.day, got, tc.want)
		}
	}
	ms := []Match{{Name: "x", Launched: "2022-12-13", State: Production}}
	if got := At(ms, day("2022-01-01")); got[0].State != PreProduction || ms[0].State != Production {
		t.Errorf("At: %v, and the argument became %v", got, ms)
	}
}
