// Package change is the shared model of one change: one patch mail, one
// commit, or one commit of a pull request. Everything a rule may ask about the
// change itself is a field here; nothing in this package looks at a clock, a
// file system, a network or a tree.
//
// Invariants, held by Parse:
//
//   - Subject is the title only: decoded, unfolded, without "Re:" and without
//     bracketed prefixes, which stand in Prefix.
//   - Body ends where the commit message would end: notes after "---", the
//     diff and the mail signature are not in it. Trailers are in it, and parsed
//     into Trailers as well.
//   - Files comes from a text with LF line ends, so no path ends in CR.
package change

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Kind says where a change was read.
type Kind string

// The kinds of the classify contract.
const (
	Mail   Kind = "mail"
	Commit Kind = "commit"
)

// Person is a decoded name and a lower-case address; either may be empty.
type Person struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
}

func (p Person) String() string {
	switch {
	case p.Name == "":
		return p.Address
	case p.Address == "":
		return p.Name
	}
	return p.Name + " <" + p.Address + ">"
}

// Change is one change as its author wrote it.
type Change struct {
	ID   string // Message-ID without angle brackets, or the full commit SHA
	Kind Kind
	// Proposed: a commit of a pull request, which no mainline has yet.
	Proposed bool   `json:",omitempty"`
	Subject  string // title without prefixes
	Prefix   Prefix // what stood in brackets before the title
	Author   Person // the in-body From when there is one, else the sender or git author
	Date     time.Time

	Body     string    // message below the title, trailers included
	Notes    string    // between "---" and the diff; never becomes part of the commit
	Trailers []Trailer // in order of the body, then those given in replies (FromThread)

	Fixes     []Fixes     // the culprits named by Fixes: tags
	Stable    []StableTag // requests to stable, and the noautosel refusal
	Origin    []Origin    // backport and cherry-pick marks: which commit this one carries
	DependsOn []Origin    // Stable-dep-of and prerequisites named in stable tags
	Needs     []Need      // what a mail says, in a field of its own, that it needs first
	Base      string      // base-commit trailer of a mail, "" when absent

	// NotUpstream is what says that mainline does not have the change, as written:
	// "UBUNTU: SAUCE", "hulk inclusion", "Patch-mainline: Never, …"; "" when nothing
	// does. OnItsWay: not yet, but it was posted or a maintainer has it (FROMLIST,
	// FROMGIT).
	NotUpstream string
	OnItsWay    bool

	Files []*gitdiff.File
	Size  Size

	// Damage is why Files is empty though there is a patch; Paths are the files that
	// it names all the same.
	Damage error
	Paths  []string

	To, Cc []string // lower-case addresses of the mail; empty for commits

	texts // lower-case copies, made once on demand
}

// Named is the change with the files that it is known to touch, without their lines
// where its patch cannot be read.
func (c *Change) Named() *Change {
	if len(c.Files) > 0 || len(c.Paths) == 0 {
		return c
	}
	named := *c
	for _, path := range c.Paths {
		named.Files = append(named.Files, &gitdiff.File{OldName: path, NewName: path})
	}
	return &named
}

// texts caches what several rules would otherwise compute again.
type texts struct {
	lowerSubject, lowerBody string
	lowered                 bool
}

func (c *Change) lower() {
	if !c.lowered {
		c.lowerSubject, c.lowerBody = strings.ToLower(c.Subject), strings.ToLower(c.Body)
		c.lowered = true
	}
}

var releaseTitle = regexp.MustCompile(`^Linux \d+\.\d+(\.\d+)?(-rc\d+)?$`)

// ClosesRelease reports whether it gives a release its number and does nothing
// else, as the commit "Linux 6.1.5" does.
func (c *Change) ClosesRelease() bool {
	return c.Kind == Commit && releaseTitle.MatchString(c.Subject) &&
		!slices.ContainsFunc(c.Files, func(f *gitdiff.File) bool { return f.NewName != "Makefile" })
}

// LowerSubject is the title in lower case. Not safe for concurrent first use:
// one change is judged by one goroutine.
func (c *Change) LowerSubject() string { c.lower(); return c.lowerSubject }

// LowerBody is the body in lower case, under the same promise.
func (c *Change) LowerBody() string { c.lower(); return c.lowerBody }

// Prefix is the content of the brackets before a title.
type Prefix struct {
	Version int      // 1 when not stated
	N, Of   int      // "[PATCH 3/7]": 3, 7; both 0 for a single patch
	Patch   bool     // the word PATCH stood there
	RFC     bool     // RFC, or RFT
	RFT     bool     // RFT: asks for tests
	Resend  bool     // RESEND
	Pull    bool     // GIT PULL, PULL
	AutoSel bool     // AUTOSEL
	Reply   bool     // the subject began with Re:, Fwd:, or a local form of them
	Trees   []string // stable branches named there, as "6.6": "6.6.y", "v6.6", "for 6.6", "6.1 5.15"
	AndUp   bool     // "and others", or a range was written: Trees is not the whole list
	// Bare: all of Trees are written as releases, "5.14", with nothing that makes
	// a stable branch of them; see Settle.
	Bare   bool
	Marks  string   // what a distribution put before the title: "UBUNTU: SAUCE", "BACKPORT"
	Coming string   // the mainline release that it is sent for: "5.14" before that was out, "5.14-rc"
	Words  []string // everything else, lower case: "net-next", "sru", "for-linus"
}

// Cover reports whether the numbers are those of a cover letter.
func (p Prefix) Cover() bool { return p.N == 0 && p.Of > 0 }

// Trailer is one "Key: value" line of the last paragraph(s) of the message.
type Trailer struct {
	Key        string // as usual in the kernel: "Reviewed-by", whatever case the mail used
	Value      string // unfolded
	Wrapped    bool   // its value stood in several lines
	Line       int    // 1-based line in Body; 0 when FromThread
	FromThread string // Message-ID of the reply that gave it, "" when it is the author's own
}

// Fixes is one culprit, as named.
type Fixes struct {
	SHA     string // lower case hex, 7 to 40 digits; "" when the tag has none
	Subject string // between the quotes or brackets, "" when absent
	// WellFormed: at least 12 digits and ("subject") in one line, as submitting-patches asks.
	WellFormed bool
	Wrapped    bool // the tag stood in several lines, which tools do not read
	Line       int  // 1-based line in Body
}

// StableTag is one request to the stable team, or one refusal.
type StableTag struct {
	Address   string   // as written, lower case, without brackets
	Comment   string   // after "#", trimmed
	Versions  []string // "6.1", oldest first as written: each means it and every newer tree
	Only      bool     // the comment restricts to the versions named
	Needs     []Origin // prerequisites named in the comment, in order
	After     string   // "after -rc3" and the like: what to wait for, as written
	NoAutosel bool     // stable+noautosel@kernel.org: a maintainer's no to automatic pickup
	Text      bool     // an option 2 request in prose, not a tag
	Malformed bool     // recognised in spite of a usual typo
	Recipient bool     // only in To or Cc of the mail, not in the message
	Line      int      // 1-based line in Body; 0 when Recipient
}

// Origin names another commit.
type Origin struct {
	SHA     string // lower case hex, may be ""
	Subject string // may be ""
	Form    string // one of the Form constants, or "dep-of", "tag", "option-2"
	Line    int
}

// Size counts the change. Lines with context is the count of
// stable-kernel-rules.rst; table.go says what is a table.
type Size struct {
	LinesWithContext int `json:"lines_with_context"` // added, removed and context, context brought to three lines
	Added            int `json:"added"`
	Removed          int `json:"removed"`
	Files            int `json:"files"`
	TableLines       int `json:"table_lines"` // of LinesWithContext: register headers, firmware, quirk and ID tables

	Hunks      int  `json:"-"`
	CodeLines  int  `json:"-"` // added and removed lines outside tables, comments and blank lines
	Comment    int  `json:"-"` // added and removed comment lines
	Headers    int  `json:"-"` // files that end in .h
	Binary     int  `json:"-"`
	Renames    int  `json:"-"` // pure renames and mode changes: they count as nothing
	NewFiles   int  `json:"-"`
	DelFiles   int  `json:"-"`
	HeaderOnly bool `json:"-"`
}
