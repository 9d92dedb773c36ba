package drift

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Row is one change of what the driver uses.
type Row struct {
	Kind    string  `json:"kind"` // "header", "function", "symbol", "struct", "member", "enumerator", "macro", "config", …
	Name    string  `json:"name"` // "struct ieee80211_ops.wake_tx_queue"
	Change  string  `json:"change"`
	From    Place   `json:"from"`         // where the first kernel has it
	To      *Place  `json:"to,omitempty"` // where the second has it, or its like
	Was     string  `json:"was,omitempty"`
	Is      string  `json:"is,omitempty"`
	Uses    []Place `json:"uses"`
	More    int     `json:"more,omitempty"` // uses that are not listed, where the rows have too many
	Covered Covered `json:"covered"`
	By      string  `json:"by,omitempty"` // the condition that covers it
	// Commit is the one that did it, where the kernels are of one repository.
	Commit string `json:"commit,omitempty"`
	Title  string `json:"title,omitempty"`
}

// Report is what changes for a driver.
type Report struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Rows  []Row    `json:"rows"`
	Notes []string `json:"notes,omitempty"` // what could not be compared
}

// Open are the rows that the driver's conditions do not see to.
func (r *Report) Open() (n int) {
	for i := range r.Rows {
		if r.Rows[i].Covered != Covers {
			n++
		}
	}
	return n
}

// Question is what is compared.
type Question struct {
	Driver       Tree
	Folder       string // of the driver's tree, "" for all
	From, To     Tree
	Arch         string // as arch/ calls it, or as uname -m does
	FromSay, Say string // what they are called in errors
}

// comparison is one at work.
type comparison struct {
	Question
	a, b           *index
	d              *driver
	reachA, reachB map[string]bool
	rows           []Row
	structs        map[string]bool // those that the driver has to do with
	found          lookups
	listed         int // uses, of all rows
}

// Compare reads both kernels and the driver.
func Compare(ctx context.Context, q Question) (*Report, error) {
	c := &comparison{Question: q, structs: map[string]bool{}, rows: []Row{}}
	var err error
	driver, from, to := limited(q.Driver), limited(q.From), limited(q.To)
	c.Driver, c.From, c.To = driver, from, to
	c.Arch = Arch(q.Arch)
	if c.a, err = read(ctx, from, c.Arch); err != nil {
		return nil, fmt.Errorf("reading the kernel %s: %w", q.FromSay, err)
	}
	if c.b, err = read(ctx, to, c.Arch); err != nil {
		return nil, fmt.Errorf("reading the kernel %s: %w", q.Say, err)
	}
	if c.d, err = readDriver(ctx, driver, q.Folder, [2]int{c.a.version, c.b.version}); err != nil {
		return nil, fmt.Errorf("reading the driver: %w", err)
	}
	if len(c.d.includes) == 0 {
		return nil, fmt.Errorf("the driver has no C file that includes a header of the kernel")
	}
	out := &Report{From: c.a.said, To: c.b.said}
	out.Notes = c.archs()
	lacking, err := c.headers()
	if err != nil {
		return nil, err
	}
	wanted := c.names()
	c.reachStructs()
	c.tags()
	c.members()
	notes, err := c.outside(ctx, wanted)
	if err != nil {
		return nil, err
	}
	out.Notes = append(out.Notes, notes...)
	slices.SortStableFunc(c.rows, func(x, y Row) int {
		return cmp.Or(cmp.Compare(rank(x.Covered), rank(y.Covered)), cmp.Compare(x.From.File, y.From.File), cmp.Compare(x.From.Line, y.From.Line), cmp.Compare(x.Name, y.Name))
	})
	if len(lacking) > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s lacks %d of the headers that the driver includes (%s), so nothing is said of what these declare",
			q.FromSay, len(lacking), some(lacking)))
	}
	out.Notes = slices.Concat(out.Notes, driver.note("the driver"), from.note(q.FromSay), to.note(q.Say))
	out.Rows = c.rows
	return out, nil
}

func rank(c Covered) int { return slices.Index([]Covered{Uncovered, Perhaps, Covers}, c) }

// row adds one where the driver has uses that the first kernel sees.
func (c *comparison) row(r Row, own string, uses []use) {
	c.add(r, c.d.told(own, uses))
}

// telling is what a row tells of the uses.
type telling struct {
	uses []Place
	how  Covered
	by   string
}

func (d *driver) told(own string, uses []use) (out telling) {
	uses = d.kernels(own, uses)
	if len(uses) == 0 {
		return out
	}
	out.how, out.by = d.covered(own, uses)
	for _, u := range uses {
		if len(out.uses) == 0 || out.uses[len(out.uses)-1] != u.Place {
			out.uses = append(out.uses, u.Place)
		}
	}
	return out
}

// mostListed is how many uses all rows list: a hundred times those of a large driver. The
// rows that come behind list as many as people are shown.
const mostListed = 500_000

func (c *comparison) add(r Row, t telling) {
	if len(t.uses) == 0 {
		return
	}
	r.Covered, r.By, r.Uses = t.how, t.by, t.uses
	if c.listed+len(r.Uses) > mostListed && len(r.Uses) > most {
		r.Uses, r.More = r.Uses[:most:most], len(r.Uses)-most
	}
	c.listed += len(r.Uses)
	c.rows = append(c.rows, r)
}

// some are the first names of a list, and that there are more.
func some(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and others"
}

// headers compares those that the driver includes, and finds what they lead to. lacking
// are those <linux/…> that the first kernel has not; where it has none, nothing can be
// compared.
func (c *comparison) headers() (lacking []string, err error) {
	var all []string
	for _, name := range sorted(c.d.includes) {
		uses := counts(c.d.includes[name])
		if len(uses) == 0 {
			continue
		}
		all = append(all, name)
		was := c.a.find(name, c.Arch)
		if was == "" && kernels(name) {
			lacking = append(lacking, "<"+name+">")
		}
		if was == "" || c.b.find(name, c.Arch) != "" {
			continue
		}
		r := Row{Kind: "header", Name: "<" + name + ">", Change: "removed", From: Place{was, 1}}
		if p := c.newHeader(path.Base(name)); p != "" {
			r.Change, r.To = "moved", &Place{p, 1}
		}
		c.row(r, "", uses)
	}
	wanted := len(slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !kernels(name) }))
	if wanted > 0 && len(lacking) == wanted {
		return nil, fmt.Errorf("%s has none of the %d headers <linux/…> that the driver includes: give the sources of a kernel, or the folder of headers that has include/linux (a distribution may split them)", c.FromSay, wanted)
	}
	c.reachA, c.reachB = c.a.reach(all, c.Arch), c.b.reach(all, c.Arch)
	return lacking, nil
}

// kernels tells the headers that the source of every kernel has in its own folder; the
// version is made by building it.
func kernels(name string) bool {
	return strings.HasPrefix(name, "linux/") && name != "linux/version.h"
}

func sorted[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// names compares functions, macros, enumerators, typedefs and variables; what it returns
// are those that have to be exported.
func (c *comparison) names() (wanted map[string]*decl) {
	wanted = map[string]*decl{}
	for _, name := range sorted(c.d.names) {
		was := within(c.a.names[name], c.reachA)
		uses := c.d.kernels(name, c.d.names[name])
		if len(was) == 0 || len(uses) == 0 {
			continue
		}
		if was[0].kind != Macro && was[0].kind != Enumerator {
			for _, d := range was {
				for _, s := range d.types {
					c.structs[s] = true
				}
			}
		}
		is := within(c.b.names[name], c.reachB)
		switch r := (Row{Kind: was[0].kind, Name: name, From: Place{was[0].file, int(was[0].line)}, Was: was[0].shape}); {
		case len(is) > 0:
			if c.changed(&r, was, is, uses) {
				c.row(r, name, uses)
			}
			macro := has(is, Macro)
			for _, d := range was {
				if (d.kind == Function || d.kind == Variable) && !d.inline && !macro {
					wanted[name] = d
				}
			}
		case len(c.b.names[name]) > 0:
			to := c.b.names[name][0]
			r.Change, r.To = "no longer reached by the headers that the driver includes", &Place{to.file, int(to.line)}
			c.row(r, name, uses)
		default:
			r.Change = "removed"
			c.like(&r, was[0])
			c.row(r, name, uses)
		}
	}
	return wanted
}

func has(all []*decl, kind string) bool {
	return slices.ContainsFunc(all, func(d *decl) bool { return d.kind == kind })
}

// changed reports whether a name has another shape: no declaration of the first kernel is
// one of the second, too.
func (c *comparison) changed(r *Row, was, is []*decl, uses []use) bool {
	if slices.ContainsFunc(was, offered(is).same) {
		return false
	}
	w, i := was[0], is[0]
	r.To = &Place{i.file, int(i.line)}
	r.Is = i.shape
	switch {
	case w.kind == Function && i.kind == Function && w.arity == i.arity:
		r.Change = "other types"
	case w.arity != i.arity && (w.kind == Function || w.kind == Macro):
		if !slices.ContainsFunc(uses, func(u use) bool { return u.args >= 0 && i.arity != -2 && u.args != i.arity }) && i.kind != Function {
			return false // it is called as the new one wants it
		}
		r.Change = fmt.Sprintf("%s arguments, was %s", count(i.arity), count(w.arity))
	case w.kind == Typedef:
		r.Change = "another type"
	default:
		r.Change = i.kind + " now, was " + w.kind
	}
	return true
}

func count(arity int) string {
	switch arity {
	case -1:
		return "no"
	case -2:
		return "any number of"
	}
	return fmt.Sprint(arity)
}
