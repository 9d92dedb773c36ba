package model

import (
	"strings"

	"github.com/stablebot/stablebot/rules"
)

// whereSpecs: what the change itself says about where its bug is.
var whereSpecs = []spec{
	{name: "tag.stable", doc: "asks for stable", of: func(m *measured) float64 { return yes(m.stable) }},
	{name: "tag.stable.version", doc: "asks for stable and says since which version", of: func(m *measured) float64 {
		if m.stable {
			for _, s := range m.c.Stable {
				if len(s.Versions) > 0 {
					return 1
				}
			}
		}
		return 0
	}},
	{name: "tag.noautosel", doc: "refuses automatic pickup", of: func(m *measured) float64 {
		for _, s := range m.c.Stable {
			if s.NoAutosel {
				return 1
			}
		}
		return 0
	}},
	{name: "tag.fixes", doc: "has a Fixes: tag", of: func(m *measured) float64 { return yes(len(m.c.Fixes) > 0) }},
	{name: "tag.fixes.alone", doc: "has a Fixes: tag and does not ask for stable", of: func(m *measured) float64 { return yes(len(m.c.Fixes) > 0 && !m.stable) }},
	{name: "tag.fixes.several", doc: "more than one Fixes: tag", of: func(m *measured) float64 { return yes(len(m.c.Fixes) > 1) }},
	{name: "title.fix", doc: "a word of the title begins with fix", of: func(m *measured) float64 { return yes(m.titled) }},
	{name: "title.fix.alone", doc: "the title says fix, but there is neither a Fixes: tag nor a stable tag", of: func(m *measured) float64 {
		return yes(m.titled && !m.stable && len(m.c.Fixes) == 0)
	}},
	{name: "claims", doc: "a Fixes: tag, a stable tag or fix in the title", of: func(m *measured) float64 { return yes(m.claims) }},
	{name: "cherry-pick", doc: "a note says that it was picked from another branch: it went through a fixes tree", of: func(m *measured) float64 { return yes(m.picked()) }},
	{name: "cherry-pick.claims", doc: "such a note, and it claims to be a fix", of: func(m *measured) float64 { return yes(m.picked() && m.claims) }},
	{name: "revert", doc: "undoes another commit", of: func(m *measured) float64 { return yes(m.w.Revert) }},
	{name: "names.commit", doc: "names another commit in the text, without a Fixes: tag", of: func(m *measured) float64 {
		return yes(len(m.c.Fixes) == 0 && namesCommit(m.c.LowerBody()))
	}},
}

func (m *measured) picked() bool {
	for _, o := range m.c.Origin {
		if o.Form == "cherry-pick" {
			return true
		}
	}
	return false
}

// namesCommit finds "commit <sha>".
func namesCommit(s string) bool {
	for {
		i := strings.Index(s, "commit ")
		if i < 0 {
			return false
		}
		s = s[i+7:]
		n := 0
		for n < len(s) && n < 40 && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'f') {
			n++
		}
		if n >= 7 && !strings.HasPrefix(s[n:], ")") {
			return true
		}
	}
}

// treeSpecs: what the trees say. Every one of them is zero without trees.
var treeSpecs = []spec{
	{name: "tree.culprit", doc: "the culprit was found in mainline", of: func(m *measured) float64 { return yes(m.oldest != nil) }},
	{name: "tree.culprit.same", doc: "the culprit came in the release that the change goes to: the bug was never released", of: func(m *measured) float64 { return yes(m.sameCycle) }},
	{name: "tree.culprit.same.fix", doc: "the same, but the culprit was itself a fix or asked for stable", of: func(m *measured) float64 {
		return yes(m.sameCycle && (m.oldest.IsFix || m.oldest.AsksStable))
	}},
	{name: "tree.culprit.same.stable", doc: "the same, but the culprit asked for stable", of: func(m *measured) float64 {
		return yes(m.sameCycle && (m.oldest.AsksStable))
	}},
	{name: "tree.culprit.last", doc: "the culprit came one release earlier", of: func(m *measured) float64 { return yes(m.oldest != nil && m.oldest.Cycles == 1) }},
	{name: "tree.culprit.two", doc: "the culprit came two releases earlier", of: func(m *measured) float64 { return yes(m.oldest != nil && m.oldest.Cycles == 2) }},
	{name: "tree.culprit.age", doc: "years between the culprit and the change, up to five", of: func(m *measured) float64 {
		if m.oldest == nil {
			return 0
		}
		return min(max(float64(m.oldest.AgeDays)/365, 0), 5)
	}},
	{name: "tree.culprit.unknown", doc: "there are trees, but the culprit is not in them", of: func(m *measured) float64 {
		return yes(m.Tree != nil && len(m.c.Fixes) > 0 && m.oldest == nil)
	}},
	{name: "tree.landing", doc: "it is known how it went into mainline", of: func(m *measured) float64 { return yes(m.landing()) }},
	{name: "tree.landing.late60", doc: "weeks of the eight before the merge window that had passed when it was written", of: func(m *measured) float64 {
		if !m.landing() {
			return 0
		}
		return min(max(float64(m.Tree.Landing.WindowDays+60)/7, 0), 8)
	}},
	{name: "tree.landing.late60.claims", doc: "the same, for a claimed fix", of: func(m *measured) float64 {
		if !m.landing() || !m.claims {
			return 0
		}
		return min(max(float64(m.Tree.Landing.WindowDays+60)/7, 0), 8)
	}},
	{name: "tree.landing.window", doc: "written in or after the merge window", of: func(m *measured) float64 {
		return yes(m.landing() && m.Tree.Landing.WindowDays >= 0)
	}},
	{name: "tree.landing.other", doc: "went in as a fix without claiming to be one", of: func(m *measured) float64 {
		return yes(m.landing() && m.Tree.Landing.WindowDays >= 14 && !m.claims)
	}},
	{name: "tree.landing.fixes", doc: "written after -rc1 of the release that carries it: it went in as a fix", of: func(m *measured) float64 {
		return yes(m.landing() && m.Tree.Landing.WindowDays >= 14)
	}},
	{name: "tree.landing.fixes.claims", doc: "the same, and it claims to be a fix", of: func(m *measured) float64 {
		return yes(m.landing() && m.Tree.Landing.WindowDays >= 14 && m.claims)
	}},
	{name: "tree.landing.same", doc: "went in as a fix, for a bug of the same release", of: func(m *measured) float64 {
		return yes(m.landing() && m.Tree.Landing.WindowDays >= 14 && m.sameCycle)
	}},
	{name: "tree.company", doc: "steps by which something that asks for stable follows in the same pull: same file, function, lines; for what does not claim to be a fix", of: func(m *measured) float64 {
		if m.Tree == nil || m.claims {
			return 0
		}
		return float64(m.Tree.Landing.Company)
	}},
	{name: "tree.landing.unknown", doc: "went in as a fix, and what it fixes is not known", of: func(m *measured) float64 {
		return yes(m.landing() && m.Tree.Landing.WindowDays >= 14 && m.oldest == nil)
	}},
}

// mateSpecs: how it arrived, and with what.
var mateSpecs = []spec{
	{name: "tree.arrived.late", doc: "came after -rc1: through a tree of fixes", of: func(m *measured) float64 { return yes(m.arrived()) }},
	{name: "tree.arrived.late.claims", doc: "the same, and it claims to be a fix", of: func(m *measured) float64 { return yes(m.arrived() && m.claims) }},
	{name: "tree.arrived.late.same", doc: "the same, for a bug of the same release", of: func(m *measured) float64 { return yes(m.arrived() && m.sameCycle) }},
	{name: "tree.arrived.late.old", doc: "the same, for a bug of an earlier release", of: func(m *measured) float64 { return yes(m.arrived() && m.oldest != nil && !m.sameCycle) }},
	{name: "tree.arrived.waited", doc: "came through a tree of fixes weeks after it was written", of: func(m *measured) float64 {
		if !m.arrived() {
			return 0
		}
		return min(float64(m.Tree.Landing.ArrivedDays-m.Tree.Landing.WindowDays)/7, 8)
	}},
	{name: "tree.arrived.week", doc: "weeks after -rc1 when it came", of: func(m *measured) float64 {
		if !m.arrived() {
			return 0
		}
		return min(float64(m.Tree.Landing.ArrivedDays-14)/7, 8)
	}},
	{name: "tree.mates", doc: "doublings of commits that landed with it", of: func(m *measured) float64 {
		if m.Tree == nil {
			return 0
		}
		return log2(m.Tree.Landing.Mates)
	}},
	{name: "tree.mates.fix", doc: "share of them that have a Fixes: tag", of: func(m *measured) float64 {
		if m.Tree == nil || m.Tree.Landing.Mates == 0 {
			return 0
		}
		return float64(m.Tree.Landing.MatesFix) / float64(m.Tree.Landing.Mates)
	}},
	{name: "tree.mates.stable", doc: "share of them that ask for stable", of: func(m *measured) float64 {
		if m.Tree == nil || m.Tree.Landing.Mates == 0 {
			return 0
		}
		return float64(m.Tree.Landing.MatesStable) / float64(m.Tree.Landing.Mates)
	}},
}

func (m *measured) arrived() bool {
	return m.landing() && m.Tree.Landing.ArrivedDays > 14
}

var habitSpecs = []spec{
	{name: "tree.habit.tagged", doc: "share of the fixes in this directory that carry a tag", of: func(m *measured) float64 {
		if m.Tree == nil || m.Tree.Habit.Claims == 0 {
			return 0
		}
		return float64(m.Tree.Habit.Tagged) / float64(m.Tree.Habit.Claims)
	}},
	{name: "tree.habit.tagged.word", doc: "the same, when this one claims to be a fix without any tag", of: func(m *measured) float64 {
		if m.Tree == nil || m.Tree.Habit.Claims == 0 || m.stable || len(m.c.Fixes) > 0 || !m.titled {
			return 0
		}
		return float64(m.Tree.Habit.Tagged) / float64(m.Tree.Habit.Claims)
	}},
	{name: "tree.habit.stable", doc: "share of the fixes in this directory that ask for stable", of: func(m *measured) float64 {
		if m.Tree == nil || m.Tree.Habit.Claims == 0 {
			return 0
		}
		return float64(m.Tree.Habit.Stable) / float64(m.Tree.Habit.Claims)
	}},
	{name: "tree.habit.stable.not", doc: "the same, when this one claims to be a fix and does not ask", of: func(m *measured) float64 {
		if m.Tree == nil || m.Tree.Habit.Claims == 0 || m.stable || !m.claims {
			return 0
		}
		return float64(m.Tree.Habit.Stable) / float64(m.Tree.Habit.Claims)
	}},
}

// baseSpecs: whether the code that the change edits is in released kernels.
var baseSpecs = func() []spec {
	var out []spec
	for _, b := range []struct {
		name, doc string
		of        func(*rules.Tree) *rules.Base
	}{
		{"last", "the newest release", func(t *rules.Tree) *rules.Base { return &t.Last }},
		{"lts", "the newest longterm release", func(t *rules.Tree) *rules.Base { return &t.LTS }},
		{"old-lts", "the second newest longterm release", func(t *rules.Tree) *rules.Base { return &t.OldLTS }},
	} {
		share := func(m *measured, n func(*rules.Base) (int, int)) float64 {
			if m.Tree == nil {
				return 0
			}
			x := b.of(m.Tree)
			if !x.Known {
				return 0
			}
			have, of := n(x)
			if of == 0 {
				return 0
			}
			return 1 - float64(have)/float64(of)
		}
		out = append(out,
			spec{name: "tree." + b.name + ".exact", doc: "share of hunks that do not fit " + b.doc, of: func(m *measured) float64 {
				return share(m, func(x *rules.Base) (int, int) { return x.Exact, x.Hunks })
			}},
			spec{name: "tree." + b.name + ".near", doc: "share of hunks whose code is not in " + b.doc, of: func(m *measured) float64 {
				return share(m, func(x *rules.Base) (int, int) { return x.Near, x.Hunks })
			}},
			spec{name: "tree." + b.name + ".none", doc: "no hunk's code is in " + b.doc, of: func(m *measured) float64 {
				return yes(share(m, func(x *rules.Base) (int, int) { return x.Near, x.Hunks }) == 1)
			}},
			spec{name: "tree." + b.name + ".claims", doc: "share of hunks of a claimed fix whose code is not in " + b.doc, of: func(m *measured) float64 {
				if !m.claims {
					return 0
				}
				return share(m, func(x *rules.Base) (int, int) { return x.Near, x.Hunks })
			}},
			spec{name: "tree." + b.name + ".claims.exact", doc: "share of hunks of a claimed fix that do not fit " + b.doc, of: func(m *measured) float64 {
				if !m.claims {
					return 0
				}
				return share(m, func(x *rules.Base) (int, int) { return x.Exact, x.Hunks })
			}},
			spec{name: "tree." + b.name + ".file", doc: "share of files that are not in " + b.doc, of: func(m *measured) float64 {
				return share(m, func(x *rules.Base) (int, int) { return x.Have, x.Files })
			}},
		)
	}
	return out
}()

func (m *measured) landing() bool { return m.Tree != nil && m.Tree.Landing.Known }
