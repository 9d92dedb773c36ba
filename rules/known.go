package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/tree"
)

// Facts is everything a rule may look at.
type Facts struct {
	Change  *change.Change
	Silicon []silicon.Match
	Series  *Series // nil: a single patch, or nothing is known of its series
	Tree    *Tree   // nil: no trees configured; every rule that needs one says unknown
	// Untagged judges as if the change did not ask for stable, for figures.
	Untagged bool

	derived
}

// Series is what is known of the posting that the change belongs to.
type Series struct {
	Version    int
	N, Of      int
	Title      string // of the cover letter, "" without one
	Have       int    // patches of this version that have arrived
	Superseded bool   // a newer version has been posted
	// Elsewhere: what is missing has had its time to come, so it was posted to
	// other lists; nothing is to be waited for.
	Elsewhere bool
	// Declined holds the NAK and "not for stable" lines of the thread of those who
	// may decline it and are proven to have said so: each line begins with the
	// proven address. Rejected: one of them refuses the patch itself, not only its
	// way to stable; a draft is then rejected in review.
	Declined []Evidence
	Rejected bool
	// NotFor holds what the same people say of some branches alone.
	NotFor []NotFor
	// Objections are such lines of anybody else, and Claimed the tags in replies
	// that count for nothing as nobody is proven to have given them. Both are shown
	// as claimed and decide nothing.
	Objections, Claimed []Evidence
	// Untested is the line of its cover letter by which its author says that nobody ran it.
	Untested Evidence
	// Aim is the release that its cover letter means it for, as signs.Aim has it, and Aimed
	// the line that says so.
	Aim   string
	Aimed Evidence
}

// NotFor keeps a change out of some branches.
type NotFor struct {
	Evidence
	Branches []release.Range
}

func (n *NotFor) String() string {
	var out []string
	for _, r := range n.Branches {
		out = append(out, r.String())
	}
	return strings.Join(out, ", ")
}

// KeepOut adds what is not known yet.
func (s *Series) KeepOut(no NotFor) {
	if !slices.ContainsFunc(s.NotFor, func(have NotFor) bool { return have.Evidence == no.Evidence }) {
		s.NotFor = append(s.NotFor, no)
	}
}

// Keeps is what keeps the change out of a branch, nil for nothing.
func (s *Series) Keeps(branch string) *NotFor {
	if s == nil {
		return nil
	}
	for i := range s.NotFor {
		if slices.ContainsFunc(s.NotFor[i].Branches, func(r release.Range) bool { return r.Has(branch) }) {
			return &s.NotFor[i]
		}
	}
	return nil
}

// Tree is what the configured git remotes say about the change, as of one day.
type Tree struct {
	Mainline Presence
	// Needs says of each of the change's Needs, in their order, whether mainline has it.
	Needs     []Presence
	VendorHas bool // the vendor tree has it (Mainline then says whether it has it alone)
	// Vendors are the vendor trees that were read and that ship the code; none: what a
	// vendor ships is not known, and nothing is said of it.
	Vendors   []Vendor
	Culprits  []Culprit
	Followups []Followup
	// Absent: mainline as it is known has none of the code, so its branches say
	// nothing of the change.
	Absent   bool
	Branches []Branch // newest first
	Silicon  []Gate
	Landing  Landing
	// Is the code that the change edits in released kernels? In the newest
	// release and the newest and second newest longterm one of that day.
	Last, LTS, OldLTS Base
	Habit             Habit
}

// Vendor is an out-of-tree driver that was read.
type Vendor struct {
	Name string
	Has  bool // it has the change
}

// Presence says whether a branch has the change, and as which commit.
type Presence struct {
	Known   bool // false: no such remote, or its objects are missing
	Has     bool
	SHA     string
	How     string // "sha", "upstream", "cherry-pick", "subject", "patch-id", "content"
	Release string // first release that carries it, "" when unreleased
}

// Culprit is one Fixes: tag, resolved.
type Culprit struct {
	Named    change.Fixes
	Resolved bool
	SHA      string
	Subject  string
	AgeDays  int    // from the culprit's author date to the change's
	Release  string // first mainline release that carries it; "" when never released
	Branches []string
	// Cycles counts mainline releases from the culprit's first one to the one
	// that the change goes to: 0 is the same cycle, so the bug was never
	// released; -1 when either is not known.
	Cycles int
	// AsksStable and IsFix say that the culprit has a stable tag or a Fixes: tag
	// itself: then it is, or will be, in stable branches older than its release.
	AsksStable, IsFix bool
}

// What counts as having gone in beside a change; cross-validation preferred an
// hour and ten commits over a day, two days and 25 commits.
const (
	MatesWithin = 10 // commits before and after
	MatesHours  = 1
)

// ArrivedWithin is how many commits before a change are asked for their dates.
const ArrivedWithin = 25

// Landing is how the change went, or would go, into mainline.
type Landing struct {
	Known bool
	// WindowDays is the author date minus the release that opened the merge
	// window of the release that carries the change: beyond 14 it was written
	// after -rc1 and came as a fix; below -14 it waited for the window.
	WindowDays int
	// ArrivedDays is the day it reached mainline minus that same release: beyond
	// 14 it came through a tree of fixes, whenever it was written. In a rewritten
	// history, whose committer dates say nothing, the latest author date among the
	// change and the ArrivedWithin commits of the same release before it.
	ArrivedDays int
	// Mates are the commits that went in beside it: at most MatesWithin commits
	// away in the history, of the same release, and written within MatesHours of
	// it, whoever wrote them. With a Fixes: tag, and with a stable tag.
	Mates, MatesFix, MatesStable int
	// Company is how closely a later commit of the same pull that asks for stable
	// stands on this one: one of the Company constants. All of the merge window is
	// one pull; after it, commits that arrived within a week.
	Company int
}

// How one commit stands on another, each including those before it.
const (
	CompanyNone     = iota
	CompanyFile     // edits the same file
	CompanyFunction // in the same function
	CompanyLines    // among lines that the other one added
)

// Base is how much of the code that a change edits stands in a release.
type Base struct {
	Known bool
	Hunks int // hunks of the change in files that it does not add
	Exact int // of them: all lines before the change, context included, stand together in that release's file
	Near  int // the same with one line of context
	Files int // files that the change edits
	Have  int // of them: the release has the file
}

// Habit is what the people of the touched code usually write into their fixes:
// where every fix carries its tag, one without it is not meant for stable. It is
// counted over the four mainline releases before the change's, in the deepest
// directory of its first file that has had at least 40 claimed fixes (a Fixes:
// tag, a stable tag, or a title word that begins with "fix").
type Habit struct {
	Claims int // 0: not known
	Tagged int // of them: with a Fixes: or stable tag
	Stable int // of them: with a stable tag
}

// Followup is a later mainline commit that names this change.
type Followup struct {
	SHA     string `json:"sha"`
	Subject string `json:"subject"`
	Revert  bool   `json:"revert,omitempty"`
}

// Gate is a chip that exists in a branch but is not enabled by default there.
type Gate struct{ Chip, Branch, How string }

// Need is why a prerequisite has to go in.
type Need struct {
	Commit string `json:"commit"` // the prerequisite
	Title  string `json:"title,omitempty"`
	By     string `json:"by,omitempty"` // the prerequisite that needs it, "" for the change itself
	Why    string `json:"why"`
}

// Branch is what one stable branch says.
type Branch struct {
	Name          string // "6.12"
	Active        bool
	State         tree.State
	Applies       tree.Applies
	As            string // SHA when present or queued
	Prerequisites []string
	// Mates are the numbers of the patches of its own series, not in mainline
	// either, that have to go in first.
	Mates []int
	// Needs says for each of Prerequisites what needs it, and why.
	Needs     []Need
	PileLines int
	// PileMore: the pile was not found in full, so PileLines says little of what
	// an adjusted patch would need.
	PileMore bool
	// PileBeyond counts commits that it stands on and that nobody would take
	// along, as each stands on too much itself; PileLines then holds what the
	// largest of them would bring, at least.
	PileBeyond int
	// Enabling are those of Prerequisites that enable hardware or add interfaces.
	Enabling []string
	// NoBase is what the branch lacks, where its state says that it has no base.
	NoBase       tree.Lack
	MissingNewer []string
	// Followups are later mainline fixes of the change, reverts left out, that
	// the branch lacks and needs where it has the change or takes it.
	Followups []Followup
	// Adapted says how the patch was made to fit where Applies is "adapted".
	Adapted *Adaptation
	// Conflicts are the commits that stand in its way where it needs a backport.
	Conflicts []Conflict
	Why       string // for a reader: which hunk fails, which file is missing
	// AsReleased: the branch itself is not at hand; what is said of it is what mainline
	// had when it was released.
	AsReleased bool
}

// Adaptation is how a patch was made to fit a branch where it does not apply. A person
// has to look at it before it is sent.
type Adaptation struct {
	Rung    string   `json:"rung"`              // the last step of the ladder that it took
	Proof   []string `json:"proof"`             // what was matched, by place
	Doubts  []string `json:"doubts,omitempty"`  // what a reader has to check: an edit left out, a place that is only likely
	Carried string   `json:"carried,omitempty"` // the backport of a newer branch that this is
}

// Conflict is a commit that stands in the way of an edit: it last changed, after the
// branch left mainline, the lines that the branch has otherwise.
type Conflict struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // of mainline's file before the change
	In     string `json:"in,omitempty"`
	Commit string `json:"commit"`
	Title  string `json:"title"`
	Own    bool   `json:"own,omitempty"` // of the branch, not of mainline
	Lines  int    `json:"lines_with_context"`
	Fix    bool   `json:"fix,omitempty"`
	Take   bool   `json:"take"` // whether taking it first is sensible, and why
	Why    string `json:"why"`
}

// PatchNumbers names patches of a series: "patch 1", "patches 1, 3".
func PatchNumbers(n []int) string {
	s := make([]string, len(n))
	for i := range n {
		s[i] = strconv.Itoa(n[i])
	}
	if len(s) == 1 {
		return "patch " + s[0]
	}
	return "patches " + strings.Join(s, ", ")
}

// TooBig reports whether what would have to go in was found in full and lies
// beyond what stable has been seen to take along.
func (b *Branch) TooBig() bool { return !b.PileMore && b.PileLines > TooBigPile }

// TooBigPile is the lines with context, the change included, beyond which stable
// has hardly taken a change with what it needs: the .95 quantile of the 37
// groups of Stable-dep-of commits in the branches 5.10, 5.15 and 6.6 of
// freebsd/drm-kmod (the .90 quantile is 442, the largest has 1,254).
const TooBigPile = 700

// TooBigAlone is the lines with context, tables apart, beyond which stable has hardly
// taken a fix without a stable tag: of 737 with a Fixes: tag that were posted to linux-usb
// and linux-rdma since October 2022 and taken, 732 have fewer.
const TooBigAlone = 300

// TooBigNamed is the lines with context, tables apart, up to which size is not named as
// the reason that stable does not take a patch: what goes along by Stable-dep-of has a
// median of about 150 lines, beyond the documented 100.
const TooBigNamed = 150
