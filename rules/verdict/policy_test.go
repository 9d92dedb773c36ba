package verdict

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
)

// sure is a fix of shipped silicon that stable surely takes; each test changes
// what it is about. Thresholds are round numbers, not those of the weights.
func sure(mend ...func(*judged)) *judged {
	j := &judged{
		Facts: &rules.Facts{
			Change:  &change.Change{Subject: "fix a hang", Files: []*gitdiff.File{{NewName: "a.c"}}},
			Silicon: []silicon.Match{{Name: "GFX11", State: silicon.Production}},
		},
		Policy: Policy{Fix: 0.5, Eligible: 0.6, DKMS: 0.2},
		worth:  0.9, fix: 0.9,
		found: []rules.Finding{{ID: rules.RealBug.ID, Outcome: rules.Met, Reason: "a hang"}},
	}
	for _, m := range mend {
		m(j)
	}
	return j
}

func score(p float64) func(*judged) { return func(j *judged) { j.worth = p } }

// unmetWith says that a rule found its question unmet, and what that weighs.
func unmetWith(r *rules.Rule, feature string, weight float64) func(*judged) {
	return func(j *judged) {
		j.found = append(j.found, rules.Finding{ID: r.ID, Outcome: rules.Unmet, Reason: "unmet"})
		j.why = append(j.why, model.Contribution{Name: feature, Value: 1, Weight: weight})
	}
}

func overLimit(j *judged) { unmetWith(rules.DiffSize, "size.lines", -2)(j) }
func newUAPI(j *judged)   { unmetWith(rules.NoNewUAPI, "files.uapi", -1)(j) }
func newDriver(j *judged) { unmetWith(rules.NoNewDriver, "files.units", -3)(j) }

// tooBig is beyond what stable is known to take, not only beyond the limit.
func tooBig(j *judged) {
	overLimit(j)
	j.Change.Size = change.Size{LinesWithContext: rules.TooBigPile + 1, Files: 2}
}

// unsearched gives the last branch a pile that was not found in full.
func unsearched(j *judged) {
	piled(j)
	b := &j.branches[len(j.branches)-1]
	b.Applies, b.PileMore = NeedsBackport, true
	b.Reach[0].Name = "reach.by-hand"
}

// newer says that the last branch is older than the chip.
func newer(j *judged) { j.branches[len(j.branches)-1].NoBase = NewHardware }

// later says that the code of the last branch's missing lines came later.
func later(j *judged) { j.branches[len(j.branches)-1].NoBase = LaterCode }

// noFiles says that the files are not in the last branch.
func noFiles(j *judged) { j.branches[len(j.branches)-1].NoBase = NoFiles }

// since has its author ask for that release and newer.
func since(v string) func(*judged) {
	return func(j *judged) {
		j.Change.Stable = append(j.Change.Stable, change.StableTag{Versions: []string{v}})
	}
}

func asked(j *judged) {
	j.Change.Stable = append(j.Change.Stable, change.StableTag{Address: "stable@vger.kernel.org"})
}

func realBug(j *judged) {
	j.found = append(j.found, rules.Finding{ID: rules.RealBug.ID, Outcome: rules.Met})
}

// bare takes away what says that it mends a real bug.
func bare(j *judged) {
	j.found = nil
	j.Change = &change.Change{Subject: "drm/x: use the second ring", Files: j.Change.Files}
}

// merged says that mainline has it.
func merged(j *judged) {
	trees(func(t *rules.Tree) { t.Mainline = rules.Presence{Known: true, Has: true, Release: "6.9"} })(j)
}

// piled gives the last branch more to take along than stable has taken.
func piled(j *judged) {
	b := &j.branches[len(j.branches)-1]
	b.PileLines = rules.TooBigPile + 1
	b.Applies = "needs-prerequisites"
	b.Reach = []model.Contribution{{Name: "reach.too-many", Value: 1, Weight: -3}}
	trees(func(t *rules.Tree) {
		t.Culprits = []rules.Culprit{{Resolved: true, Release: "6.1", Branches: []string{b.Name}}}
	})(j)
}

// byHand says that the patch does not go onto the last branch.
func byHand(j *judged) {
	b := &j.branches[len(j.branches)-1]
	b.Applies = NeedsBackport
	b.Reach = []model.Contribution{{Name: "reach.by-hand", Value: 1, Weight: -3}}
}

func asIs(j *judged) { j.branches[len(j.branches)-1].Applies = "offset" }

// unnamed takes the culprit away: nothing says that a branch has the bug.
func unnamed(j *judged) { j.Tree.Culprits = nil }
func offered(j *judged) {
	j.Change.Prefix.Trees = []string{"6.6"}
	j.found = append(j.found, rules.Finding{ID: rules.UpstreamMark.ID, Outcome: rules.Met})
}
func reverting(j *judged) { j.Change.Subject = "Revert \"drm/x: add y\"" }

func unsold(j *judged)  { j.Silicon[0].State = silicon.PreProduction }
func unknown(j *judged) { j.Silicon[0].State = silicon.Unknown }
func noautosel(j *judged) {
	j.Change.Stable = []change.StableTag{{NoAutosel: true, Comment: "too new, not for stable"}}
}
func afterRC(j *judged) { j.Change.Stable = []change.StableTag{{After: "after -rc3"}} }
func naked(j *judged) {
	j.Series = &rules.Series{Declined: []rules.Evidence{{Text: "NAK"}}, Rejected: true}
}
func incomplete(j *judged) { j.Series = &rules.Series{N: 2, Of: 4, Have: 3} }

func trees(mend func(*rules.Tree)) func(*judged) {
	return func(j *judged) {
		if j.Tree == nil {
			j.Tree = &rules.Tree{}
		}
		mend(j.Tree)
	}
}

// in gives the branches their states, all with the score of the change unless
// one is written: "6.12 affected 0.1".
func in(states ...string) func(*judged) {
	return func(j *judged) {
		if j.Tree == nil {
			j.Tree = &rules.Tree{}
		}
		for _, s := range states {
			b := Branch{Score: j.worth}
			f := strings.Fields(s)
			if len(f) > 2 {
				var err error
				if b.Score, err = strconv.ParseFloat(f[2], 64); err != nil {
					panic(err) // written below
				}
			}
			b.Name, b.State = f[0], State(f[1])
			j.branches = append(j.branches, b)
		}
	}
}

func bugIn(branch string) func(*judged) {
	return trees(func(t *rules.Tree) {
		t.Culprits = append(t.Culprits, rules.Culprit{Resolved: true, Release: "6.1", Branches: []string{branch}})
	})
}

func culprit(release string) func(*judged) {
	return trees(func(t *rules.Tree) {
		t.Culprits = append(t.Culprits, rules.Culprit{Resolved: true, Subject: "drm/x: add y", Release: release})
	})
}

func TestPolicyRows(t *testing.T) {
	for _, tt := range []struct {
		name string
		j    *judged
		want string // verdict, class, "mixed"
	}{
		// Row 1
		{"closes a release", sure(func(j *judged) {
			j.Change = &change.Change{Kind: change.Commit, Subject: "Linux 6.1.5", Files: []*gitdiff.File{{NewName: "Makefile"}}}
		}), "out-of-scope"},
		{"no file", sure(func(j *judged) { j.Change.Files = nil }), "out-of-scope"},
		{"a request in prose needs no file", sure(func(j *judged) {
			j.Change.Files, j.Change.Stable = nil, []change.StableTag{{Text: true}}
		}), "stable-eligible"},
		{"cannot be read", sure(func(j *judged) { j.Change.Files, j.Change.Damage = nil, errors.New("git am will refuse it at line 9") }), "uncertain"},
		{"cannot be read, and no silicon in its paths", sure(func(j *judged) { j.Silicon, j.Change.Damage = nil, errors.New("too large") }), "uncertain"},
		{"no silicon", sure(func(j *judged) { j.Silicon = nil }), "out-of-scope"},
		{"no fix", sure(bare, func(j *judged) { j.fix = 0.49 }), "out-of-scope"},
		{"hardly a fix, of a chip that a branch is too old for", sure(score(0.1), realBug, func(j *judged) { j.fix = 0.6 }, in("6.1 no-base"), newer), "dkms-only no-base"},
		{"hardly a fix, of code that a branch has not", sure(score(0.1), realBug, func(j *judged) { j.fix = 0.6 }, in("6.1 no-base")), "uncertain"},
		{"just a fix", sure(bare, func(j *judged) { j.fix = 0.5 }), "stable-eligible"},
		{"style only", sure(bare, unmetWith(rules.NotTrivial, "title.trivial", -1)), "out-of-scope"},
		{"style, and a real bug", sure(unmetWith(rules.NotTrivial, "title.trivial", -1), func(j *judged) {
			j.found = append(j.found, rules.Finding{ID: rules.RealBug.ID, Outcome: rules.Met})
		}), "stable-eligible"},
		{"not on sale", sure(unsold), "out-of-scope"},
		{"one chip of two is on sale", sure(unsold, func(j *judged) {
			j.Silicon = append(j.Silicon, silicon.Match{Name: "GFX10", State: silicon.Production})
		}), "stable-eligible"},

		// Row 2
		{"noautosel", sure(noautosel), "dkms-only declined"},
		{"NAK", sure(naked), "out-of-scope"},
		{"noautosel without a word on stable", sure(func(j *judged) { j.Change.Stable = []change.StableTag{{NoAutosel: true}} }), "uncertain"},
		{"a no to what is merged", sure(naked, merged), "dkms-only declined"},
		{"an objection is no decision", sure(func(j *judged) { j.Series = &rules.Series{} }), "stable-eligible"},
		{"declined, and perhaps not on sale", sure(naked, unknown), "out-of-scope"},
		{"declined before waiting", sure(naked, func(j *judged) { j.Series.Of, j.Series.Have = 4, 1 }), "out-of-scope"},

		// Row 3
		{"asked to wait", sure(afterRC), "wait"},
		{"asked to wait for what is released", sure(afterRC, trees(func(t *rules.Tree) {
			t.Mainline = rules.Presence{Known: true, Has: true, Release: "6.9"}
		})), "stable-eligible"},
		{"asked to wait, merged but not released", sure(afterRC, trees(func(t *rules.Tree) {
			t.Mainline = rules.Presence{Known: true, Has: true}
		})), "wait"},
		{"incomplete series", sure(incomplete), "wait"},
		{"complete series", sure(incomplete, func(j *judged) { j.Series.Have = 4 }), "stable-eligible"},

		// Row 4
		{"in the vendor tree alone", sure(trees(func(t *rules.Tree) { t.VendorHas, t.Mainline.Known = true, true })), "dkms-only not-upstream"},
		{"in both", sure(trees(func(t *rules.Tree) { t.VendorHas, t.Mainline = true, rules.Presence{Known: true, Has: true} })), "stable-eligible"},
		{"in the vendor tree, mainline is not known", sure(trees(func(t *rules.Tree) { t.VendorHas = true })), "stable-eligible"},
		{"says that it is not for mainline", sure(func(j *judged) { j.Change.NotUpstream = "UBUNTU: SAUCE" }), "dkms-only not-upstream"},
		{"says so, with stable's tag and branches", sure(asked, in("6.6 affected"), func(j *judged) { j.Change.NotUpstream = "UBUNTU: SAUCE" }), "dkms-only not-upstream"},
		{"says so, and perhaps not on sale", sure(unknown, func(j *judged) { j.Change.NotUpstream = "UBUNTU: SAUCE" }), "dkms-only not-upstream"},
		{"says so, but mainline has it", sure(trees(func(t *rules.Tree) { t.Mainline = rules.Presence{Known: true, Has: true} }), func(j *judged) { j.Change.NotUpstream = "UBUNTU: SAUCE" }), "stable-eligible"},
		{"says that it is on its way", sure(func(j *judged) { j.Change.NotUpstream, j.Change.OnItsWay = "FROMLIST", true }), "stable-eligible"},

		// Row 5
		{"never released", sure(culprit(""), in("6.12 not-affected")), "not-needed"},
		{"in no mainline release, and in a branch by a backport", sure(culprit(""), in("6.12 affected")), "stable-eligible"},
		{"never released, without branches", sure(culprit("")), "not-needed"},
		{"one of two culprits was released", sure(culprit(""), culprit("6.6"), in("6.12 affected")), "stable-eligible"},
		{"a culprit that is not found proves nothing", sure(culprit(""), trees(func(t *rules.Tree) { t.Culprits[0].Resolved = false }), in("6.12 affected")), "stable-eligible"},
		{"its code is in no release", sure(trees(func(t *rules.Tree) { t.Last = rules.Base{Known: true, Hunks: 2} })), "not-needed"},
		{"asked for stable, though its files are nowhere", sure(in("6.6 no-base"), asked, trees(func(t *rules.Tree) { t.Last = rules.Base{Known: true, Files: 1, Hunks: 2} })), "uncertain"},
		{"asked for stable, its files are in a branch", sure(in("6.6 affected"), asked, trees(func(t *rules.Tree) { t.Last = rules.Base{Known: true, Files: 1, Hunks: 2} })), "stable-eligible"},
		{"asked for stable, a file is released", sure(in("6.6 no-base"), asked, trees(func(t *rules.Tree) { t.Last = rules.Base{Known: true, Files: 2, Have: 1, Hunks: 2} })), "uncertain"},
		{"some of its code is released", sure(trees(func(t *rules.Tree) { t.Last = rules.Base{Known: true, Hunks: 2, Near: 1} })), "stable-eligible"},
		{"every branch is served", sure(in("6.12 present", "6.6 queued", "6.1 not-affected")), "not-needed"},
		{"all but one is served", sure(in("6.12 present", "6.6 affected")), "stable-eligible"},
		{"one is served, the other lacks the code", sure(in("6.12 present", "6.6 no-base"), later), "not-needed"},

		{"one is served, the other is too old for the chip", sure(in("6.12 present", "6.6 no-base"), newer), "dkms-only no-base"},

		// Row 6
		{"at the threshold", sure(score(0.6)), "stable-eligible"},
		{"below it", sure(score(0.59)), "uncertain"},
		{"eligible, but perhaps not on sale", sure(unknown), "stable-eligible"},
		{"one branch in, one out of reach", sure(in("6.12 affected", "6.6 no-base")), "stable-eligible"},
		{"one in, one too old by its score", sure(overLimit, in("6.12 affected 0.8", "6.1 affected 0.1")), "stable-eligible mixed"},
		{"one in, one undecided", sure(in("6.12 affected 0.8", "6.1 affected 0.4")), "stable-eligible"},
		{"large, and asked for", sure(overLimit, asked, func(j *judged) { j.Change.Size.LinesWithContext = 480 }), "stable-eligible"},
		{"too big, but taken", sure(tooBig), "stable-eligible"},

		// Row 7
		{"too big", sure(score(0.1), tooBig), "dkms-only too-big"},
		{"over the limit, within what stable took", sure(score(0.1), overLimit), "dkms-only below-bar"},
		{"so large that it is named", sure(score(0.1), overLimit, func(j *judged) { j.Change.Size.LinesWithContext = rules.TooBigNamed + 1 }), "dkms-only too-big"},
		{"exactly what stable took", sure(score(0.1), tooBig, func(j *judged) { j.Change.Size.LinesWithContext = rules.TooBigPile }), "dkms-only too-big"},
		{"interface", sure(score(0.1), newUAPI), "dkms-only abi"},
		{"enablement", sure(score(0.1), newDriver), "dkms-only enablement"},
		{"the heaviest reason", sure(score(0.1), tooBig, newUAPI, newDriver), "dkms-only enablement"},
		{"a weight without a finding is no reason", sure(score(0.1), func(j *judged) {
			j.why = []model.Contribution{{Name: "size.lines", Value: 6, Weight: -1}}
		}), "dkms-only below-bar"},
		{"a finding that weighs nothing is no reason", sure(score(0.1), unmetWith(rules.DiffSize, "size.lines", 0)), "dkms-only below-bar"},
		{"a finding that speaks for it is no reason", sure(score(0.1), unmetWith(rules.DiffSize, "size.lines", 1)), "dkms-only below-bar"},
		{"not sure that it is a fix", sure(score(0.1), tooBig, func(j *judged) { j.fix = 0.7 }), "dkms-only too-big"},
		{"too big, and perhaps not on sale", sure(score(0.1), tooBig, unknown), "uncertain"},
		{"too big for all", sure(score(0.1), tooBig, in("6.12 affected", "6.6 affected", "6.1 present")), "dkms-only too-big"},
		{"a small fix with a pile", sure(in("6.6 affected 0.05"), piled), "dkms-only too-big"},
		{"a pile where nothing names the bug", sure(in("6.6 affected 0.05"), piled, unnamed), "dkms-only conflicts"},
		{"a large patch that is offered to stable", sure(score(0.1), tooBig, offered), "dkms-only too-big"},
		{"an interface that is offered to stable", sure(score(0.1), newUAPI, offered), "stable-eligible"},
		{"a large revert", sure(score(0.1), tooBig, reverting), "uncertain"},
		{"a pile for one branch only", sure(in("6.12 affected 0.9", "6.6 affected 0.05"), piled), "stable-eligible mixed"},
		{"a small fix whose pile was not found in full", sure(in("6.6 affected 0.05"), unsearched), "dkms-only conflicts"},
		{"a large fix whose pile was not found in full", sure(tooBig, in("6.6 affected 0.05"), unsearched), "dkms-only conflicts"},
		{"an interface, and a pile not found in full", sure(newUAPI, in("6.6 affected 0.05"), unsearched), "dkms-only conflicts"},
		{"in here, not found in full there", sure(in("6.12 affected 0.9", "6.6 affected 0.05"), unsearched), "stable-eligible mixed"},
		{"nowhere but there", sure(in("6.1 no-base", "6.6 affected 0.05"), unsearched), "dkms-only conflicts"},
		{"a pile that the odds outweigh", sure(in("6.6 affected 0.4"), piled), "uncertain"},
		{"its code is nowhere", sure(in("6.12 no-base", "6.6 no-base")), "uncertain"},
		{"its lines came later", sure(in("6.6 no-base"), later), "not-needed"},
		{"its lines came later, for a chip that did too", sure(in("6.6 no-base"), later, newer), "dkms-only no-base"},
		{"its lines came later, and its author asks for it", sure(in("6.6 no-base"), later, asked), "not-needed"},
		{"its author asks for newer branches", sure(in("6.6 no-base"), later, since("6.10")), "not-needed"},
		{"its author asks for newer branches than has the code", sure(in("6.6 affected"), unnamed, since("6.10")), "not-needed"},
		{"its author asks for this and newer branches", sure(in("6.6 affected"), unnamed, asked, since("6.6")), "stable-eligible"},
		{"its author asks for newer branches, and the bug is here", sure(in("6.6 affected"), asked, since("6.10"), bugIn("6.6")), "stable-eligible"},
		{"asked for without a version, does not go onto the older", sure(in("6.12 affected 0.1", "6.6 affected 0.05"), unnamed, asked, byHand), "stable-eligible mixed"},
		{"asked for without a version, goes onto the older", sure(in("6.12 affected 0.1", "6.6 affected 0.05"), unnamed, asked, asIs), "stable-eligible"},
		{"asked for down to it, does not go on", sure(in("6.12 affected 0.1", "6.6 affected 0.05"), unnamed, since("6.6"), byHand), "stable-eligible"},
		{"asked for, does not go on, and the bug is there", sure(in("6.12 affected 0.1", "6.6 affected 0.05"), asked, bugIn("6.6"), byHand), "stable-eligible"},
		{"too big here, and later there", sure(score(0.1), tooBig, in("6.12 affected", "6.6 no-base"), later), "dkms-only too-big"},
		{"too big here, not asked for there", sure(score(0.1), tooBig, in("6.12 affected", "6.6 affected"), unnamed, since("6.10")), "dkms-only too-big"},
		{"a branch that is no release", sure(in("noble affected"), unnamed, asked, since("6.1")), "stable-eligible"},
		{"no file of it anywhere", sure(in("6.12 no-base", "6.6 no-base"), noFiles), "dkms-only no-base"},
		{"in here, no file of it there", sure(in("6.12 affected 0.9", "6.6 no-base"), noFiles), "stable-eligible"},
		{"in here, no file of a newer chip there", sure(in("6.12 affected 0.9", "6.6 no-base"), noFiles, newer), "stable-eligible"},
		{"too big here, not there yet", sure(score(0.1), tooBig, in("6.12 affected", "6.6 no-base")), "dkms-only too-big"},
		{"a branch of which nothing is known", sure(score(0.1), tooBig, in("6.12 affected", "6.6 unknown")), "dkms-only too-big"},

		// Row 8
		{"low for no reason", sure(score(0.1)), "dkms-only below-bar"},
		{"between", sure(score(0.4)), "uncertain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.j.decide()
			got := string(d.verdict)
			if d.class != "" {
				got += " " + string(d.class)
			}
			if d.mixed {
				got += " mixed"
			}
			if got != tt.want {
				t.Errorf("%s (%s), want %s", got, d.reason, tt.want)
			}
			if d.reason == "" || strings.HasSuffix(d.reason, ".") || strings.Contains(d.reason, "\n") {
				t.Errorf("the reason is no sentence for a reader: %q", d.reason)
			}
		})
	}
}

// What each branch is told beside the verdict of the change.
func TestPolicyBranches(t *testing.T) {
	for _, tt := range []struct {
		name string
		j    *judged
		want string
	}{
		{"mixed", sure(overLimit, in("6.12 affected", "6.6 no-base", "6.1 affected 0.1", "5.15 present", "5.10 not-affected", "5.4 queued")),
			"6.12 stable-eligible, 6.6 uncertain, 6.1 dkms-only below-bar, 5.15 none, 5.10 none, 5.4 none"},
		{"out of reach", sure(score(0.1), tooBig, in("6.12 affected", "6.6 no-base", "6.1 present")),
			"6.12 dkms-only too-big, 6.6 uncertain, 6.1 none"},
		{"not needed", sure(in("6.12 present", "6.6 queued")), "6.12 none, 6.6 none"},
		{"not needed, and perhaps elsewhere there", sure(in("6.12 present", "6.6 no-base"), noFiles), "6.12 none, 6.6 uncertain"},
		{"not needed, and asked for there", sure(in("6.12 present", "6.6 no-base"), later, asked), "6.12 none, 6.6 none"},
		{"declined", sure(noautosel, in("6.12 affected", "6.6 present")), "6.12 dkms-only declined, 6.6 none"},
		{"wait", sure(afterRC, in("6.12 affected")), "6.12 wait"},
		{"one undecided", sure(in("6.12 affected 0.8", "6.6 affected 0.4", "6.1 unknown")), "6.12 stable-eligible, 6.6 uncertain, 6.1 uncertain"},
	} {
		tt.j.decide()
		var got []string
		for _, b := range tt.j.branches {
			s := b.Name + " none"
			if b.Verdict != nil {
				s = strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Name, *b.Verdict, b.ReasonClass))
			}
			got = append(got, s)
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, s, tt.want)
		}
	}
}

// A reason names what it is about.
func TestPolicyReasons(t *testing.T) {
	big := sure(score(0.1), tooBig, func(j *judged) { j.Change.Size = change.Size{LinesWithContext: 912, Files: 7} })
	for _, tt := range []struct {
		j    *judged
		want []string
	}{
		{big, []string{"912", "7 files"}},
		{sure(overLimit, in("6.12 affected 0.8", "6.6 affected 0.1")), []string{"eligible for 6.12", "dkms-only for 6.6"}},
		{sure(in("6.6 no-base"), newer, func(j *judged) { j.Silicon[0].Kind, j.Silicon[0].Since = silicon.KindIPBlock, "6.7" }), []string{"GFX11", "6.6"}},
		{sure(unsold), []string{"GFX11"}},
		{sure(score(0.1), unknown), []string{"GFX11"}},
		{sure(noautosel), []string{"too new"}},
		{sure(afterRC), []string{"after -rc3"}},
		{sure(incomplete), []string{"3 of the 4"}},
		{sure(culprit("")), []string{"drm/x: add y"}},
		{sure(score(0.1)), []string{"10 %", "a fix"}},
		{sure(score(0.4)), []string{"40 %", "too close to call"}},
		{sure(score(0.1), overLimit, func(j *judged) { j.Change.Size.LinesWithContext = 312 }), []string{"10 %", "312"}},
		{sure(in("6.6 affected 0.05"), piled), []string{"701 lines", "for 6.6"}},
		{sure(in("6.6 affected 0.05"), unsearched), []string{"6.6", "does not apply"}},
		{sure(in("6.6 unknown")), []string{"6.6", "not known"}},
	} {
		d := tt.j.decide()
		for _, w := range tt.want {
			if !strings.Contains(d.reason, w) {
				t.Errorf("%s: %q does not say %q", d.verdict, d.reason, w)
			}
		}
	}
}

// The classes of the policy are those that features speak for, or none would
// ever be the heaviest.
// The classes of the policy are those that numbers speak for, or none would ever be
// the heaviest.
func TestClassesHaveNumbers(t *testing.T) {
	all := append(model.Names(), model.ReachTerms...)
	for c := range evidence {
		if !slices.ContainsFunc(all, func(n string) bool { return model.ClassOf(n) == string(c) }) {
			t.Errorf("nothing speaks for the class %q", c)
		}
	}
	for _, n := range all {
		if c := Class(model.ClassOf(n)); c != "" && evidence[c] == nil {
			t.Errorf("%q speaks for %q, which the policy does not know", n, c)
		}
	}
}

// A branch that is older than the chip goes without, also where every branch that has
// the code has the fix.
func TestOlderBranchesSayWhy(t *testing.T) {
	j := sure(in("6.6 present", "6.1 not-affected", "5.15 no-base"), newer)
	if d := j.decide(); d.verdict != DKMSOnly || d.class != NoBase {
		t.Fatalf("%+v", d)
	}
	if b := j.branches[2]; !b.Is(DKMSOnly) || b.ReasonClass != NoBase {
		t.Errorf("%+v", b)
	}
}
