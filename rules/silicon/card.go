package silicon

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Block is something that a chip carries: an IP block, or the family whose code
// serves one of its blocks.
type Block struct {
	Name   string `json:"name"`   // of an entry of the chip's driver
	Source string `json:"source"` // the file that says so
}

// Blocks are what the catalogue knows to be on a chip, in file order; nothing
// for a chip of which no public file says it. The caller must not change them.
func (c *Catalogue) Blocks(chip Entry) []Block {
	if i := c.entry(chip.Name, chip.Drivers[0]); i >= 0 {
		return c.blocks[i]
	}
	return nil
}

// entry finds a name of a driver, -1 without one.
func (c *Catalogue) entry(name, driver string) int {
	return slices.IndexFunc(c.entries, func(e Entry) bool {
		return e.Name == name && slices.Contains(e.Drivers, driver)
	})
}

// loadBlocks reads blocks/*.tsv: chips, driver, blocks, source; lists are
// separated by ", ".
func (c *Catalogue) loadBlocks(fsys fs.FS) error {
	names, err := fs.Glob(fsys, "blocks/*.tsv")
	if err != nil {
		return fmt.Errorf("silicon: list the blocks: %w", err)
	}
	c.blocks = map[int][]Block{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("silicon: read the blocks: %w", err)
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			line = strings.TrimRight(line, "\r\n")
			if line == "" || line[0] == '#' {
				continue
			}
			if err := c.blockRow(strings.Split(line, "\t")); err != nil {
				return fmt.Errorf("silicon: %s:%d: %w", name, n, err)
			}
		}
	}
	return nil
}

func (c *Catalogue) blockRow(col []string) error {
	if len(col) != 4 {
		return fmt.Errorf("want 4 columns (chips, driver, blocks, source)")
	}
	if col[3] == "" {
		return fmt.Errorf("no source: say which file tells what is on %s", col[0])
	}
	for chip := range strings.SplitSeq(col[0], ", ") {
		i := c.entry(chip, col[1])
		if i < 0 || c.entries[i].Kind != KindChip && c.entries[i].Kind != KindPlatform {
			return fmt.Errorf("%q is no chip or platform of %s", chip, col[1])
		}
		for block := range strings.SplitSeq(col[2], ", ") {
			b := c.entry(block, col[1])
			if b < 0 || c.entries[b].Kind != KindIPBlock && c.entries[b].Kind != KindFamily {
				return fmt.Errorf("%q is no block or family of %s", block, col[1])
			}
			if slices.ContainsFunc(c.blocks[i], func(have Block) bool { return have.Name == block }) {
				return fmt.Errorf("%s has %s twice", chip, block)
			}
			c.blocks[i] = append(c.blocks[i], Block{block, col[3]})
		}
	}
	return nil
}

// Card tells which changes are for a chip, from what they match.
//
// A chip or block of the card counts where it is recognised, unless the title names
// other hardware alone. A family's code serves others too, so it counts where
// nothing says that only those are meant: not where a file is, by its path, other
// hardware's, which merely calls the family's code, nor where the lines name what is
// below the family and not on the card. The message alone says too little of a
// family. A check such as "DISPLAY_VER(x) >= 12" is for every later version.
type Card struct {
	c     *Catalogue
	named map[int]bool // counts wherever it is recognised
	wide  map[int]bool // families that were taken in
	vers  map[string]string
}

// Card makes a card of entries that were named, and of what was taken in for them.
func (c *Catalogue) Card(named []Entry, taken []Block) *Card {
	k := &Card{c: c, named: map[int]bool{}, wide: map[int]bool{}, vers: map[string]string{}}
	for _, e := range named {
		i := c.entry(e.Name, e.Drivers[0])
		k.named[i] = true
		for _, b := range taken {
			switch j := c.entry(b.Name, e.Drivers[0]); {
			case j < 0 || k.named[j]:
			case c.entries[j].Kind == KindFamily:
				k.wide[j] = true
			default:
				k.named[j] = true
			}
		}
	}
	for i := range c.entries {
		if !k.named[i] && !k.wide[i] {
			continue
		}
		for _, p := range c.entries[i].Patterns {
			if block, v, ok := strings.Cut(p.What, ":"); ok && p.How == byVer && !newer(k.vers[block], v) {
				k.vers[block] = v
			}
		}
	}
	return k
}

// newer compares "12.70" with "12.55".
func newer(a, b string) bool {
	for a != "" || b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		m, _ := strconv.Atoi(x) // what is no number is 0, the oldest
		n, _ := strconv.Atoi(y)
		if m != n {
			return m > n
		}
	}
	return false
}

// Touched names what of the card a change with this title and these matches is for,
// in their order; nothing when it is not for the card. "Gen11+" is a check for that
// version and later ones.
func (k *Card) Touched(title string, ms []Match) []string {
	var out []string
	title = strings.ToLower(title)
	ms = slices.Clone(ms)
	at := make([]int, len(ms))
	for i := range ms {
		at[i] = k.c.entry(ms[i].Name, ms[i].Driver)
		later := func(w Where) bool { return w.In == InTitle && strings.Contains(title, strings.ToLower(w.Text)+"+") }
		onCard := k.named[at[i]] || k.wide[at[i]]
		if !onCard && slices.ContainsFunc(ms[i].Where, later) { // "tgl+: …" is for what came later too
			ms[i].Where = slices.DeleteFunc(slices.Clone(ms[i].Where), func(w Where) bool { return w.In == InTitle })
		}
	}
	others, families := k.othersEntitled(title, ms, at)
	byPath := func(w Where) bool { return w.In == InPath || w.In == InPCI || w.In == InOF }
	for i, m := range ms {
		var is bool
		switch own := slices.ContainsFunc(m.Where, byPath); {
		case at[i] >= 0 && k.named[at[i]]:
			is = own || !others && !families // else a check beside what the title is about
		case others || families && !own:
		case at[i] >= 0 && k.wide[at[i]]:
			is = k.meant(i, ms, at) || k.reached(i, ms, at)
		case k.reached(i, ms, at):
			out = append(out, m.Name+"+")
		}
		if is {
			out = append(out, m.Name)
		}
	}
	return out
}

// othersEntitled reports whether the title names chips, platforms or blocks, or at
// least families, that are not on the card, and nothing that is.
func (k *Card) othersEntitled(title string, ms []Match, at []int) (others, families bool) {
	for i := range k.named { // "SMU 13.0.0 and 13.0.7" names both
		if _, v, ok := strings.Cut(k.c.entries[i].Name, " "); ok && strings.Count(v, ".") == 2 && slices.Contains(strings.FieldsFunc(title, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }), v) {
			return false, false
		}
	}
	var own, other []string
	for j, o := range at {
		if o < 0 || k.c.entries[o].Kind == KindDriver {
			continue
		}
		for _, w := range ms[j].Where {
			switch {
			case w.In != InTitle:
			case k.named[o] || k.wide[o]:
				own = append(own, strings.ToLower(w.Text))
			default:
				other = append(other, strings.ToLower(w.Text))
				others = others || k.c.entries[o].Kind != KindFamily
				families = true
			}
		}
	}
	// "SMU13.0.0" is a block and not its family.
	own = slices.DeleteFunc(own, func(s string) bool {
		return slices.ContainsFunc(other, func(o string) bool { return len(o) > len(s) && strings.HasPrefix(o, s) })
	})
	if len(own) > 0 {
		return false, false
	}
	return others, families
}

// meant reports whether some recognition of a family is not for others alone.
func (k *Card) meant(i int, ms []Match, at []int) bool {
	return slices.ContainsFunc(ms[i].Where, func(w Where) bool { return w.In != InText && !k.othersOnly(i, w, ms, at) })
}

// reached reports whether a check for a version and all later ones includes the
// card's.
func (k *Card) reached(i int, ms []Match, at []int) bool {
	return slices.ContainsFunc(ms[i].Where, func(w Where) bool {
		check, v, ok := strings.Cut(w.Text, " >= ")
		block, kind, is := strings.Cut(check, "_VER")
		have := k.vers[strings.ToLower(block)]
		if !ok || !is || have == "" || w.In != InIdentifier {
			return false
		}
		if full, ok := strings.CutPrefix(v, "IP_VER"); ok {
			v, _ = numbers(full)
		} else if strings.HasPrefix(kind, "x100") && len(v) >= 3 {
			v = hundredths(v)
		}
		return v != "" && !newer(v, have) && !k.othersOnly(i, w, ms, at)
	})
}

// othersOnly reports whether a recognition stands where only hardware that is not
// on the card is meant.
func (k *Card) othersOnly(i int, w Where, ms []Match, at []int) bool {
	if w.File == "" {
		return false // titles are looked at as a whole
	}
	for j, o := range at {
		if o < 0 || j == i || k.named[o] || k.wide[o] || k.c.entries[o].Kind == KindDriver {
			continue
		}
		below, one := k.below(o, at[i]), k.c.entries[o].Kind != KindFamily
		if slices.ContainsFunc(ms[j].Where, func(x Where) bool {
			return x.File == w.File && (one && (below || x.In == InPath) || x.In == InPath && w.In != InPath)
		}) {
			return true
		}
	}
	return false
}

// below reports whether an entry belongs to a family, by its parents. A family
// that is nobody's parent has all chips of its driver below it.
func (k *Card) below(o, family int) bool {
	if family < 0 {
		return true
	}
	f := k.c.entries[family]
	for e := k.c.entries[o]; e.Parent != ""; {
		if e.Parent == f.Name {
			return true
		}
		p := k.c.entry(e.Parent, e.Drivers[0])
		if p < 0 {
			break
		}
		e = k.c.entries[p]
	}
	return !slices.ContainsFunc(k.c.entries, func(e Entry) bool {
		return e.Parent == f.Name && e.Kind != KindFamily && slices.Contains(e.Drivers, f.Drivers[0])
	}) && k.c.entries[o].Kind != KindIPBlock
}
