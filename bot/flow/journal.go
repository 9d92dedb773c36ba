package flow

import (
	"fmt"
	"time"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Cursor is a source's position.
type Cursor struct {
	Key, Value string
	// From is the position that Value follows on; nil: whatever is stored. When
	// another one is stored, somebody else has gone on from it: nothing of the
	// transaction is stored, and the error is ErrMoved. So one who lost a name
	// without knowing it yet cannot take a position back.
	From *string
}

// ErrMoved says that another process has moved a cursor meanwhile.
var ErrMoved = fmt.Errorf("%w: another process has gone on from here", ErrTemporary)

// MailKind is what a mail was found to be.
type MailKind string

// The kinds of mail.
const (
	KindPatch MailKind = "patch"
	KindCover MailKind = "cover"
	KindReply MailKind = "reply" // belongs to the thread of a series
	KindOther MailKind = "other"
	// KindNotice is a notice of the stable team, or what has its form, without a patch
	// that is judged.
	KindNotice MailKind = "notice"
	KindBad    MailKind = "bad" // could not be read; Note says why
)

// Mail is one stored message.
type Mail struct {
	ID        string // MessageID, or with "~" and Print behind it where another mail had that
	MessageID string // without angle brackets; made from the content when it has none
	Print     string // of its sender and content, as mail.Message.Print
	Source    string
	List      string
	Lists     []string // every list it came over, List first; filled by Mails
	Received  time.Time
	Date      time.Time
	Sender    string // address
	Subject   string
	InReplyTo string
	Raw       []byte   // not filled by Mails
	Signs     bool     // a patch with a signature that may prove its sender; for Keep
	Size      int      // of Raw
	Kind      MailKind // "" until it is filed
	Note      string   // why it was skipped, or the error
	SeriesKey string   // filled by Unproven
	// Proven is the address that it is proven to be from, "" when that is only
	// claimed; Signed is then a series.Note in JSON, of what the signature covers,
	// empty when all of it counts. Tries counts the attempts.
	Proven string
	Signed string
	Tries  int
}

// Proving is what became of the attempt to prove who sent a mail.
type Proving struct {
	ID, SeriesKey string
	Proven        string // address, "" when it could not be proven
	Signed        string
	Note          string // why something in it does not count
	Uses          []string
	Orders        []Order
	// Once: it is a posting. One that has a use of a mail with another Message-ID is a
	// copy, which goes on from nothing.
	Once bool
	Mute string
	// Previous is of a patch that is proven: the version before, which is known now.
	Previous string
	// Joins is the series that a patch belongs to now that it is proven, Place its place
	// there; nil: where it was filed.
	Joins *Series
	Place Member
	// Due makes the series due: something in it counts, or is to be shown.
	Due time.Time
	// Also are titles: what is said counts for other postings of them, which are due too.
	Also []string
	// Again: nothing is known yet, and it is tried again then.
	Again time.Time
	At    time.Time
}

// Series is the posting of one version: what gets one reply.
type Series struct {
	Key      string // fixed when its first mail is filed; later mails change nothing
	Sender   string
	Title    string // of the cover letter, else of the first patch that came
	Version  int
	Of       int // patches announced, 1 for a single patch
	List     string
	First    time.Time // when its first mail was received
	Due      time.Time // zero: settled
	Previous string    // key of the version before, "" when none is known
	Next     string    // key of the version that supersedes it
	Private  bool      // embargoed: never shown or answered
	Signed   Signed
	Quiet    string // why it got no reply, when it was settled without one
	Members  []Member
	Revision int64 // grows with every mail filed
	Settled  int   // how often it was settled
	// Judged is when it was first settled, and Line what its verdicts were when
	// it was last.
	Judged time.Time
	Line   string
}

// Signed says whether it is proven who sent a series.
type Signed int

// From the least to the most.
const (
	Unsigned     Signed = iota
	Signs               // it has a signature that was not verified yet
	SenderProven        // one of its mails is proven to be from its sender
)

// Member is one patch or cover letter of a series.
type Member struct {
	ID     string // Message-ID
	N      int    // 0: cover letter
	Title  string // normalised
	Signed Signed // whether this mail is proven to be from its sender
}

// Have counts the patches that have arrived.
func (s *Series) Have() int {
	have := map[int]bool{}
	for _, m := range s.Members {
		if m.N > 0 {
			have[m.N] = true
		}
	}
	return len(have)
}

// Filing is where one mail belongs.
type Filing struct {
	ID   string
	Kind MailKind
	Note string // why it goes no further, or the error
	// Series is created or updated when set; its Due says when it is to be
	// judged. Adds is the mail's place in it, nil for a reply.
	Series *Series
	Adds   *Member
	// Prove: who sent it is to be found out, and what it says may count then.
	Prove time.Time
	// Proven is the sender, where the source is trusted to have seen to that.
	Proven string
	// Also are titles: what it says counts for other postings of them, which are due too.
	Also []string
	// Reports are what the patch answers, by which another one for the same finds it.
	Reports []string
}

// Settlement is what was decided for a series.
type Settlement struct {
	Series  Series // as read: its Revision guards against mail that came meanwhile
	Judged  []Judged
	Actions []Action
	Quiet   string // why there is no action
	Line    string // what the verdicts are, in a line
	// Again: it is not settled, only judged, and due again then; nothing but
	// Judged is stored.
	Again time.Time
	// Answered are the mails whose commands need no answer any more.
	Answered []string
	At       time.Time
}

// Judged is one judgement with what lists are filtered by.
type Judged struct {
	verdict.Judgement
	SeriesKey string
	Source    string
	List      string
	Branch    string // of a commit
	At        time.Time
	Private   bool
	// Waited: it is the judgement of a commit that KeepCommit has stored.
	Waited bool
	// Forecast is what a backfill says of its day; nil for what was judged when
	// it came. It is this that outcomes are compared with.
	Forecast *Forecast
}

// Forecast is a verdict with what was known on an earlier day.
type Forecast struct {
	Verdict verdict.Verdict
	Score   float64
}

// Waiting is a commit that a source brought and nobody has judged yet.
type Waiting struct {
	ID      string // SHA
	Source  string
	List    string
	Branch  string
	At      time.Time
	Problem string // why it could be read in part only
	Body    []byte // the change, as EncodeChange wrote it
}

// Caps limit the replies to one list; 0 allows none.
type Caps struct {
	List            string
	PerHour, PerDay int
	// None: not counted. Labels, checks and the one comment are state that is
	// brought to what it should be; what they do is bounded by the pull requests.
	None bool
	// AllPerHour and AllPerDay count the replies to all lists; 0 is no limit.
	AllPerHour, AllPerDay int
	// Trusted are addresses that are no new senders whenever they appear.
	Trusted []string
}

// Share is how much of a cap one sender may use up: half of it, and two at least.
func (c Caps) Share(most int) int { return min(most, max(2, (most+1)/2)) }

// Unreserved is how much of a cap is left to somebody: all of it when they are known,
// two thirds when they appeared just now.
func (c Caps) Unreserved(most int, known bool) int {
	if known {
		return most
	}
	return most - most/3
}

// Last is how much of a cap what only refuses something may fill: a third, and one at least.
func (c Caps) Last(most int) int { return min(most, max(1, most/3)) }

// ActionState is where an action stands.
type ActionState string

// The states of an action.
const (
	StatePlanned ActionState = "planned"
	StateDoing   ActionState = "doing"
	StateDone    ActionState = "done"
	StateFailed  ActionState = "failed"
	StateUnknown ActionState = "unknown" // a crash left open whether it was done; never repeated but by a person
	StateHeld    ActionState = "held"    // waits for a person
	StateDropped ActionState = "dropped" // never begun: a person, a newer version or the time decided against it
)

// Unseen begins the reason why such a reply waits for a person.
const Unseen = "it is not known whether it was sent"

// Unsettled is a reply of which it is not known whether it was sent.
type Unsettled struct {
	Action
	State ActionState
	Ended time.Time
}

// Ending is how an action ended. State StatePlanned means that it certainly
// was not done and is to be tried again from NotBefore on.
type Ending struct {
	State     ActionState
	Problem   string
	At        time.Time
	NotBefore time.Time
}

// Revival makes what may be judged otherwise now due again, when a branch moved.
type Revival struct {
	At    time.Time     // when the first is due
	Every time.Duration // between two of them; the newest come first
	Since time.Time     // older series are left alone
	// Verdicts: only those with a patch that was last judged so.
	Verdicts []verdict.Verdict
}

// Decision is what is decided about an action that was not begun.
type Decision struct {
	State ActionState // StatePlanned: it may go; StateDropped: never
	Who   string
	Why   string
	At    time.Time
}
