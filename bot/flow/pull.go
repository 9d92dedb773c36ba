package flow

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A pull request takes this way: NotePulls (a webhook or a poll says that
// something about it may be new) → DuePulls → its source fetches it and brings
// it as an Item → SavePull → it is given out as a task, as series and commits are →
// SettlePull (judgements and planned actions) → Begin → End.
//
// Keys and invariants:
//
//   - A pull request has one row. However often it is noted, it is fetched and
//     judged once for all that was noted before; what is noted meanwhile makes
//     it due again.
//   - Labels, check and comment are state, not messages: an action says what
//     the pull request should look like, and carrying it out twice changes
//     nothing. A plan that says the same as the last one is no plan.
//   - A commit in two pull requests has a judgement for each: InPull.
//   - A command is obeyed once: its comment's id is stored with what it led to.

// PullKey names a pull request: the source's name, the repository, the number.
func PullKey(source, repo string, number int) string {
	return fmt.Sprintf("%s/%s#%d", source, repo, number)
}

// InPull is the ID of the judgement of a commit in a pull request: the commit may be in
// another one, and in a branch, and is judged for each.
func InPull(commit, pullKey string) string { return commit + inPull + pullKey }

const inPull = "@"

// CommitOf is the SHA of a judged commit by its ID.
func CommitOf(id string) string {
	sha, _, _ := strings.Cut(id, inPull)
	return sha
}

// Pull is one open or closed pull request, as its source fetched it.
type Pull struct {
	State   PullState // the stored row it was fetched for
	Head    string    // SHA of the last commit
	Title   string
	Author  string // login
	Base    Base
	Closed  bool
	Private bool // of a repository that is not public: never shown on a page
	Gone    bool // it is not there any more, or the bot may not see it
	Commits []PullCommit
	// Problem says why it is not judged, "" when it is: too many commits, a
	// policy file that cannot be read.
	Problem  string
	Policy   PullPolicy
	Commands []Command // those not obeyed yet, oldest first
}

// BaseKind is what a pull request is judged for.
type BaseKind string

// The kinds of bases. A pull request into a branch of development is judged as a fix,
// one into another branch is a backport and judged for that branch.
const (
	BaseMainline BaseKind = "mainline"
	BaseStable   BaseKind = "stable"
	BaseDistro   BaseKind = "distribution" // or a vendor's
)

// Base is the branch that a pull request goes into.
type Base struct {
	Branch  string
	Kind    BaseKind
	Release string // that the branch follows, "" for none or when its name does not say
	Tip     string // where the branch stood, "" when its source does not say
}

// Backport reports whether what goes there is a backport.
func (b Base) Backport() bool { return b.Kind == BaseStable || b.Kind == BaseDistro }

// PullCommit is one commit of a pull request; merges are left out.
type PullCommit struct {
	Change  *change.Change
	Problem string // it was read in part
	// Folded are the commits that git rebase --autosquash makes one with it, by SHA;
	// Change has their diffs and words. Counted: their diffs could not be made one with
	// its own, and count beside it.
	Folded  []string
	Counted bool
	// Lone: it is to be squashed into a commit that is not here, and stands for nothing.
	Lone bool
}

// Proposal are commits that are to go into a branch.
type Proposal struct {
	Branch  string // as it is configured
	Tip     string // where it stood for who proposes them
	Commits []*change.Change
	Said    []Standing // of fixes on the branch, oldest first
}

// PullPolicy is what the repository asked for. The zero value asks for nothing.
type PullPolicy struct {
	Asked                  bool
	Labels, Check, Comment bool
	Ignore                 []string // authors
	Verdicts               []verdict.Verdict
	Names                  []LabelName
	// Backports: pull requests into stable and distribution branches get a label, too.
	Backports bool
	// Patterns of branches, as of path.Match, where names do not say what they are.
	Mainline, Stable, Distribution []string
}

// LabelName is one label of ours.
type LabelName struct {
	Verdict     verdict.Verdict `json:"verdict"`
	Name        string          `json:"name"`
	Color       string          `json:"color"`
	Description string          `json:"description"`
}

// Command is what a person asked for in a comment.
type Command struct {
	Comment int64  // id of the comment
	Verb    string // "recheck", "override", "explain"
	Verdict verdict.Verdict
	Reason  string
	Who     string // login
	At      time.Time
	// Refused says why it is not obeyed, "" when it is.
	Refused string
}

// The verbs of commands.
const (
	VerbRecheck  = "recheck"
	VerbOverride = "override"
	VerbExplain  = "explain"
)

// OverrideNone takes an override back.
const OverrideNone verdict.Verdict = "none"

// Override is a person's verdict. It stands beside the bot's and outlives
// every push, until a person takes it back.
type Override struct {
	Verdict verdict.Verdict
	Who     string
	Reason  string
	At      time.Time
}

// PullState is what is stored of a pull request.
type PullState struct {
	Key, Source, Repo string
	Number            int
	Head              string // that was judged last
	Closed            bool
	Revision          int64     // grows with every note
	Due               time.Time // zero: nothing is to be done
	// Rechecked is when a person last asked for a recheck: what people removed
	// before it counts no more.
	Rechecked  time.Time
	Explain    bool // a person asked for the whole explanation
	Override   *Override
	PlanDigest string // of what was planned last, "" when nothing was ever planned
	Plans      int    // how often something was planned
	Problem    string // of the last attempt to fetch it
	Attempts   int    // failed in a row
}

// PullNote says that something about a pull request may be new.
type PullNote struct {
	Delivery string // id of the webhook's delivery, "" of a poll
	Event    string
	Source   string
	Repo     string
	Number   int
	Again    bool // what was told is to be told again, though nothing changed
	At       time.Time
}

// Fetched is a pull request that its source has fetched and nobody has judged yet.
type Fetched struct {
	Key      string
	Revision int64 // of its row when it was fetched
	At       time.Time
	Body     []byte // as EncodePull wrote it; not filled by Fetched
}

// PullSettlement is what was decided for a pull request.
type PullSettlement struct {
	Pull     PullState // as it is to be stored; its Revision guards against what came meanwhile
	Judged   []Judged  // of its commits, by SHA
	Actions  []Action
	Commands []Command
	Quiet    string // why there is no action
	Private  bool   // of a repository that is not public
	At       time.Time
}

// PullStates are the pull requests as they are stored.
type PullStates interface {
	// PullOf returns one pull request, nil when it is not known.
	PullOf(ctx context.Context, key string) (*PullState, error)
	// Obeyed reports which comments' commands were dealt with.
	Obeyed(ctx context.Context, key string) (map[int64]bool, error)
}

// Pulls is the journal as sources of pull requests need it.
type Pulls interface {
	PullStates

	// NotePulls makes pull requests due, all or none of them, and returns when
	// that outlives a loss of power: whoever delivered it is told that it need not
	// come again. A delivery that is known does nothing; fresh counts the others.
	NotePulls(ctx context.Context, notes []PullNote) (fresh int, err error)
	// DuePulls returns up to n pull requests of a source whose time has come.
	DuePulls(ctx context.Context, source string, now time.Time, n int) ([]PullState, error)
	// DeferPull says why a pull request could not be fetched, and when to try
	// again; the zero time for not at all.
	DeferPull(ctx context.Context, p PullState, problem string, until time.Time) error
	// PulledRepos returns the repositories of a source that have open pull requests.
	PulledRepos(ctx context.Context, source string) ([]string, error)
}

// StateSuperseded: a newer action says what is to be instead.
const StateSuperseded ActionState = "superseded"

// Desired is what a pull request should look like; one part is set.
type Desired struct {
	Key      string           `json:"key"`
	Plan     int              `json:"plan"` // of the pull request; only the newest counts
	Repo     string           `json:"repo"`
	Number   int              `json:"number"`
	Head     string           `json:"head"`
	Labels   *DesiredLabels   `json:"labels,omitempty"`
	Check    *DesiredCheck    `json:"check,omitempty"`
	Comment  *DesiredComment  `json:"comment,omitempty"`
	Reaction *DesiredReaction `json:"reaction,omitempty"`
}

// DesiredLabels says which of our labels are to be there.
type DesiredLabels struct {
	Want string      `json:"want"` // name, "" for none
	Ours []LabelName `json:"ours"` // all that the bot may touch
	// Since: what people did before it is not looked at.
	Since time.Time `json:"since"`
}

// DesiredCheck is the check run, or commit status, of the head.
type DesiredCheck struct {
	Title   string `json:"title"`
	Summary string `json:"summary"`
	Failed  bool   `json:"failed"`            // the bot itself failed
	Private bool   `json:"private,omitempty"` // no page shows it
}

// DesiredComment is the one comment.
type DesiredComment struct {
	Body   string `json:"body"`
	Create bool   `json:"create"` // false: only a comment that is there is edited
}

// DesiredReaction answers a command.
type DesiredReaction struct {
	Comment int64  `json:"comment"`
	Content string `json:"content"`
}
