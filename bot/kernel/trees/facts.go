package trees

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/chips"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/tree"
)

// The states and ways to apply, by shorter names.
const (
	affected    = tree.Affected
	present     = tree.Present
	queued      = tree.Queued
	notAffected = tree.NotAffected
	noBase      = tree.NoBase
	unknown     = tree.Unknown

	threeWay  = tree.ThreeWay
	needsPre  = tree.NeedsPrerequisites
	needsHand = tree.NeedsBackport
	notTried  = tree.NotTried
)

// Facts says what the trees know of a change on a day; the zero day is today.
// before are the patches of its posting that stand before it, oldest first; they
// only matter for what mainline does not have. An error is one of the context:
// whatever else cannot be read is unknown.
func (s *Set) Facts(ctx context.Context, c *change.Change, before []*change.Change, asOf time.Time) (*rules.Tree, error) {
	return s.facts(ctx, s.question(ctx, c, before, asOf), func(b *branch) view { return b.at(asOf) })
}

func (s *Set) facts(ctx context.Context, c *question, at func(*branch) view) (*rules.Tree, error) {
	m, me, asOf := s.main, c.me, c.asOf
	t := &rules.Tree{Mainline: rules.Presence{Known: true}}
	day := asOf
	if day.IsZero() {
		day = time.Now()
	}
	if me.at != 0 {
		t.Mainline = rules.Presence{Known: true, Has: true, SHA: m.ID(me.at), How: me.how}
		if n := m.in[me.at-1]; n > 0 && !m.releases[n-1].date.After(day) {
			t.Mainline.Release = m.releases[n-1].name
		}
	}
	t.Needs = s.needs(c.Change, asOf)
	learnt, err := s.learnt.Facts(ctx, c.Change, asOf)
	if err != nil {
		return nil, err
	}
	if learnt != nil {
		t.Landing, t.Habit, t.Culprits = learnt.Landing, learnt.Habit, learnt.Culprits
		t.Last, t.LTS, t.OldLTS = learnt.Last, learnt.LTS, learnt.OldLTS
	}
	bugs := s.culprits(c.Change, me, asOf)
	if len(t.Culprits) != len(c.Fixes) {
		t.Culprits = make([]rules.Culprit, len(c.Fixes))
		for i, f := range c.Fixes {
			t.Culprits[i] = rules.Culprit{Named: f, Cycles: -1}
		}
	}
	s.backported(c.Change, bugs, t.Culprits)
	t.Followups = s.followups(ctx, me, asOf)
	for _, v := range s.vendors {
		_, _, ok := s.has(v.at(asOf), me)
		t.VendorHas = t.VendorHas || ok
		if ok || ships(ctx, v.at(asOf), c.Change) {
			t.Vendors = append(t.Vendors, rules.Vendor{Name: v.name, Has: ok})
		}
	}
	target := s.chips.Of(c.Change)
	branches := s.branches
	last := s.asReleased(asOf)
	if last != nil {
		branches = append([]*branch{last}, branches...)
	}
	for _, b := range branches {
		out, gates, infected := s.branch(ctx, c, at(b), bugs, t.Culprits, &target)
		out.AsReleased = b == last
		if out.Active = out.AsReleased || s.active(b, asOf); out.Active {
			t.Silicon = append(t.Silicon, gates...)
		}
		if out.AsReleased && out.State == affected {
			out.Why = strings.TrimPrefix(out.Why+"; as it was released: its stable branch is not at hand", "; ")
		}
		out.Followups = s.lacking(at(b), out.State, t.Followups)
		t.Branches = append(t.Branches, out)
		for _, i := range infected {
			t.Culprits[i].Branches = append(t.Culprits[i].Branches, b.name)
		}
	}
	t.Absent = len(t.Branches) > 0 && !slices.ContainsFunc(t.Branches, func(b rules.Branch) bool { return b.State != unknown }) &&
		s.stranger(ctx, c)
	if t.Absent {
		t.Last, t.LTS, t.OldLTS = rules.Base{}, rules.Base{}, rules.Base{}
	}
	var lacking []string
	for i := range t.Branches {
		b := &t.Branches[i]
		b.MissingNewer = append([]string(nil), lacking...)
		if b.Active && b.State == affected {
			lacking = append(lacking, b.Name)
		}
	}
	return t, ctx.Err()
}

// ships reports whether a vendor's tree has a file that the change edits. One that
// cannot be read is not spoken of.
func ships(ctx context.Context, v view, c *change.Change) bool {
	t, err := v.snapshot(ctx)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.Files, func(f *gitdiff.File) bool {
		name := v.layout.Back(f.OldName)
		if name == "" {
			return false
		}
		e, err := t.Entry(ctx, name)
		return !f.IsNew && err == nil && e.Exists()
	})
}

// backported resolves the culprits that a tag names by their commit in a stable
// branch: bugs are those of mainline that they carry.
func (s *Set) backported(c *change.Change, bugs []history.Position, named []rules.Culprit) {
	m := s.main
	for i, p := range bugs {
		if p == 0 || named[i].Resolved || m.in[p-1] == 0 {
			continue
		}
		named[i].Resolved, named[i].SHA, named[i].Subject = true, m.ID(p), c.Fixes[i].Subject
		named[i].Release = m.releases[m.in[p-1]-1].name
		if !c.Date.IsZero() {
			named[i].AgeDays = int((c.Date.Unix() - m.AuthorDate(p)) / 86400)
		}
	}
}

// branch says what one branch needs. infected are the numbers of the culprits
// that it has, gates what it has of the change's hardware behind a switch.
func (s *Set) branch(ctx context.Context, c *question, v view, bugs []history.Position, named []rules.Culprit,
	target *chips.Targets) (out rules.Branch, gates []rules.Gate, infected []int) {
	me, asOf := c.me, c.asOf
	out = rules.Branch{Name: v.name, State: unknown, Applies: notTried}
	var lost []string // culprits that are not known
	for i, p := range bugs {
		bug := same{title: change.TitleKey(named[i].Named.Subject)}
		switch {
		case p != 0:
			bug = same{at: p, all: s.main.twins(p, asOf), title: s.main.Title(p), date: s.main.AuthorDate(p)}
		case named[i].Named.Subject == "" || !s.ownTitled(v, bug.title):
			lost = append(lost, named[i].Named.SHA)
			continue
		default:
			infected = append(infected, i)
			continue
		}
		if _, _, ok := s.has(v, bug); ok {
			infected = append(infected, i)
		}
	}
	switch p := s.placed(v, me); {
	case p.sha != "" && p.revert == "":
		out.State, out.As = present, p.sha
		return out, gates, infected
	case p.sha != "" && v.base.In(s.main.Find(p.revert)):
		// It came and went in mainline before the branch left: nothing is missing.
		out.State, out.As = present, p.sha
		out.Why = fmt.Sprintf("it was reverted there, as in mainline, by %.12s", p.revert)
		return out, gates, infected
	case p.sha != "":
		defer func() {
			note := fmt.Sprintf("it was taken as %.12s and reverted by %.12s", p.sha, p.revert)
			if out.Why != "" {
				note += "; " + out.Why
			}
			out.Why = note
		}()
	}
	if id, title := s.samePatch(ctx, c.Change, v, me.date); id != "" {
		out.State, out.As, out.Why = present, id, fmt.Sprintf("as %q, with the same patch", title)
		return out, gates, infected
	}
	if sha, file, ok := s.queuedIn(ctx, v, me, asOf); ok {
		out.State, out.As, out.Why = queued, sha, file
		return out, gates, infected
	}
	t, err := v.snapshot(ctx)
	if err != nil {
		out.Why = "its tree cannot be read: " + err.Error()
		return out, gates, infected
	}
	files, there := countFiles(ctx, t, c.Files)
	lacks, gates := s.hardware(ctx, v, t, target)
	undone := s.undone(c.Change, me, asOf)
	dark := false
	gone := func() (yes bool) {
		switch {
		case 2*there >= files:
		case statesOnly(ctx):
			yes, dark = true, true
		default:
			yes, dark = s.elsewhere(ctx, c, v, t)
			yes = !yes
		}
		return yes
	}
	switch {
	case len(c.Files) == 0:
		out.Why = "nothing to apply"
		return out, gates, infected
	case len(infected) > 0:
		out.State = affected
	case lacks != "" && s.stranger(ctx, c):
		out.Why = firstOld(c.Files) + " is not in mainline as it is known here either"
	case lacks != "":
		out.State, out.Why, out.NoBase = noBase, lacks, tree.Hardware
	case len(bugs) == 0 && undone.at != 0 && !s.carries(v, undone):
		out.State, out.Why = notAffected, fmt.Sprintf("%.12s, which it takes back, is not in %s", s.main.ID(undone.at), v.name)
	case gone():
		out.State, out.NoBase, out.Why = noBase, tree.Files, fmt.Sprintf("%s does not exist in %s", firstOld(c.Files), v.name)
		if there > 0 {
			out.Why = fmt.Sprintf("%d of the %s that it changes %s not exist in %s", files-there,
				change.Count(files, "file"), change.Agree(files-there, "does", "do"), v.name)
		}
		switch {
		case dark && statesOnly(ctx):
			out.State, out.NoBase = unknown, ""
			out.Why += "; " + unmoved
		case dark:
			out.State, out.NoBase = unknown, ""
			out.Why += ", and files that it may have moved to are missing from " + v.Path
		}
		if s.stranger(ctx, c) {
			out.State, out.NoBase, out.Why = unknown, "", firstOld(c.Files)+" is not in mainline as it is known here either"
		}
	case len(bugs) > len(lost):
		// One that is not known may be in, but those that are known are not.
		if out.State = notAffected; len(lost) > 0 {
			out.State, out.Why = unknown, "the culprit "+lost[0]+" is not known"
		}
	default:
		out.State = affected
	}
	if out.State != affected {
		return out, gates, infected
	}
	s.fit(ctx, c, v, t, &out)
	if len(infected) == 0 && statesOnly(ctx) {
		out.State = unknown // whether the code is there is seen where the patch does not go on
	}
	if len(infected) == 0 && (out.Applies == needsHand || out.Applies == needsPre) {
		// Nothing names the bug, and neither the lines around it nor the
		// functions that they stand in are there: what would have to go in first
		// is what the bug came with.
		if b := countBase(ctx, t, c.Files); b.Known && b.Hunks > 0 && b.Near == 0 && !headed(ctx, t, c.Files) && !s.split(ctx, c, v, t) {
			without(&out, "none of the code that it changes is in "+v.name+": "+out.Why)
			if s.stranger(ctx, c) { // a file of another driver has the same name
				out.State, out.NoBase, out.Why = unknown, "", firstOld(c.Files)+" is not in mainline as it is known here either"
			}
		}
	}
	if len(bugs) == 0 && out.State == affected && (out.Applies == needsHand || out.Applies == needsPre) {
		if why := s.implied(ctx, c, v, t, &out); why != "" {
			without(&out, why)
		}
	}
	if s.cfg.Adapt && out.State == affected && out.Applies == needsHand && asked(ctx, v.name) {
		s.adapt(ctx, c, v, t, &out)
	}
	return out, gates, infected
}

// stranger reports whether mainline has no file that the change edits, on the day
// or where it went in: a remote that has no such driver at all says nothing of
// branches, also where a part of the change is there under its title.
func (s *Set) stranger(ctx context.Context, c *question) bool {
	tip := c.carrier
	if c.me.at == 0 {
		tip = s.main.tipOn(c.asOf)
	}
	t, err := s.main.at(ctx, tip)
	if err != nil {
		return false
	}
	all, there := countFiles(ctx, t, c.Files)
	return all > 0 && there == 0
}

// carries reports whether the branch has had one of the changes, under any of the
// commits with its title: they are many where it came and went before.
func (s *Set) carries(v view, me same) bool {
	if _, _, ok := s.has(v, me); ok || s.ownTitled(v, me.title) {
		return true
	}
	return slices.ContainsFunc(s.main.Titled(me.title), v.base.In)
}

func (s *Set) ownTitled(v view, title uint64) bool {
	for _, p := range v.own.Titled(title) {
		if p <= v.last {
			return true
		}
	}
	return false
}

func (v view) snapshot(ctx context.Context) (*objects.Snapshot, error) { return v.repo.at(ctx, v.tip) }

// countFiles counts the files that the change edits, and those that are there.
func countFiles(ctx context.Context, t apply.Tree, files []*gitdiff.File) (all, there int) {
	for _, f := range files {
		if f.IsNew {
			continue
		}
		all++
		if e, err := t.Entry(ctx, f.OldName); err != nil || e.Exists() {
			there++
		}
	}
	return all, there
}

func firstOld(files []*gitdiff.File) string {
	for _, f := range files {
		if !f.IsNew {
			if n := len(files) - 1; n > 0 {
				return fmt.Sprintf("%s (and %d more)", f.OldName, n)
			}
			return f.OldName
		}
	}
	return ""
}

// headed reports whether the file has the function of some hunk, as git names it
// behind @@.
func headed(ctx context.Context, t apply.Tree, files []*gitdiff.File) bool {
	for _, f := range files {
		if f.IsNew || len(f.TextFragments) == 0 {
			continue
		}
		e, err := t.Entry(ctx, f.OldName)
		if err != nil || !e.Exists() {
			continue
		}
		img, err := t.Image(ctx, e)
		if err != nil {
			continue
		}
		for _, h := range f.TextFragments {
			if !searches(ctx, img, h) {
				return false
			}
			if name := apply.Heading(h); name != "" && apply.Index(img.Data, []byte(name)) >= 0 {
				return true
			}
		}
	}
	return false
}
