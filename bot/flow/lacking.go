package flow

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Lacking is what a branch was found to lack.
type Lacking struct {
	Branch  string    `json:"branch"`
	Release string    `json:"release"`
	Tip     string    `json:"tip"`
	AsOf    time.Time `json:"as_of"`
	Looked  int       `json:"looked"`          // candidates that were judged
	Failed  int       `json:"failed"`          // of those
	Since   time.Time `json:"since,omitzero"`  // of what is new
	Paths   []string  `json:"paths,omitempty"` // what was looked at; none: everything
	Rows    []Lack    `json:"rows"`
}

// Lackings keeps the last of each branch, for pages.
type Lackings interface {
	// SaveLacking puts one in the place of the one before.
	SaveLacking(ctx context.Context, l Lacking) error
	// Lacking returns that of a branch, nil without one.
	Lacking(ctx context.Context, branch string) (*Lacking, error)
	// LackingOf are the branches that have one.
	LackingOf(ctx context.Context) ([]string, error)
}

// Lack is a fix that a branch lacks.
type Lack struct {
	Branch  string `json:"branch"`
	Commit  string `json:"commit"`
	Title   string `json:"title"`
	Date    string `json:"date"`              // in mainline since, 2023-01-31
	Release string `json:"release,omitempty"` // that first carried it
	State   Stand  `json:"state"`
	Why     string `json:"why,omitempty"`
	// Judged and JudgedWhy are what it was before what people said, where that counts.
	Judged    Stand  `json:"judged,omitempty"`
	JudgedWhy string `json:"judged_why,omitempty"`
	// New says that it was not there last time; Was what its state was then.
	New bool  `json:"new,omitempty"`
	Was Stand `json:"was,omitempty"`

	Worth         float64         `json:"worth"`
	Score         float64         `json:"score"`
	Applies       verdict.Applies `json:"applies"`
	Class         verdict.Class   `json:"reason_class,omitempty"`
	Prerequisites []string        `json:"prerequisites,omitempty"`
	PileLines     int             `json:"pile_lines,omitempty"`
	InWay         []InWay         `json:"conflict_with,omitempty"`
	Driver        string          `json:"driver"`
	Culprits      []TakenCulprit  `json:"culprits,omitempty"`
	// Doubt says why it is not certain that the branch has the bug.
	Doubt string   `json:"doubt,omitempty"`
	Next  string   `json:"next,omitempty"` // the command to go on with
	Said  []Said   `json:"said,omitempty"` // what was said of it, oldest first
	CVE   []string `json:"cve,omitempty"`
}

// InWay is a commit in the way of one that does not apply.
type InWay struct {
	Commit string `json:"commit"`
	Title  string `json:"title"`
}

// TakenCulprit is a culprit that the branch has.
type TakenCulprit struct {
	Commit string `json:"commit,omitempty"` // of mainline
	As     string `json:"as,omitempty"`     // of the branch
	By     string `json:"by"`               // who took it there
}

// Said is what was said of a fix on a branch.
type Said struct {
	State  Stand     `json:"state"`
	Voice  Voice     `json:"voice"`
	Who    string    `json:"who,omitempty"`
	How    string    `json:"how,omitempty"`
	Why    string    `json:"why,omitempty"`
	Mail   string    `json:"mail,omitempty"`
	At     time.Time `json:"at"`
	Claims bool      `json:"claimed,omitempty"` // by somebody who did not prove who they are
}

// StandsQuiet are the stands that a table leaves out unless it is asked for all.
var StandsQuiet = []Stand{StandNotBuilt, StandBelowBar, StandScope, StandDeclined, StandDone}

// Shown reports whether a table has it unless it is asked for less or more.
func (l *Lack) Shown() bool { return !slices.Contains(StandsQuiet, l.State) }

// News reports whether it is new, or its state is another one than last time.
func (l *Lack) News() bool { return l.New || l.Was != "" && l.Was != l.State }

// Worded reports whether a person's word stands.
func (l *Lack) Worded() bool {
	for _, s := range slices.Backward(l.Said) {
		if s.Voice == VoiceWord {
			return s.State != ""
		}
	}
	return false
}

// Sayings are what was said and found before, by commit and by title.
type Sayings struct {
	byCommit map[string][]Standing
	byTitle  map[uint64][]Standing
	Last     time.Time // when the bot looked last
}

// SayingsOf sorts what was said of the fixes of a branch.
func SayingsOf(all []Standing) *Sayings {
	s := &Sayings{byCommit: map[string][]Standing{}, byTitle: map[uint64][]Standing{}}
	for _, x := range all {
		if x.Voice == VoiceTrees && x.At.After(s.Last) {
			s.Last = x.At
		}
		if x.Commit != "" {
			s.byCommit[x.Commit] = append(s.byCommit[x.Commit], x)
		} else {
			key := change.TitleKey(x.Title)
			s.byTitle[key] = append(s.byTitle[key], x)
		}
	}
	return s
}

// saidDigits is how many of an id are needed to name a commit.
const saidDigits = 7

// Of is what was said of a commit, oldest first. Notices give an id or a part of it, or
// the title alone; ids of another history give nothing, so the title counts.
func (s *Sayings) Of(commit, title string) []Standing {
	out := slices.Clone(s.byCommit[commit])
	for id, some := range s.byCommit {
		if id != commit && len(id) >= saidDigits && len(id) < len(commit) && strings.HasPrefix(commit, id) {
			out = append(out, some...)
		}
	}
	out = append(out, s.byTitle[change.TitleKey(title)]...)
	slices.SortStableFunc(out, func(a, b Standing) int { return a.At.Compare(b.At) })
	return out
}

// Apply puts what was said above what was judged: a person's word first, then what was
// heard from who is proven to have said it. It returns what the bot found last.
func (s *Sayings) Apply(l *Lack) (found Stand) {
	if l.Judged != "" {
		l.State, l.Why = l.Judged, l.JudgedWhy
	}
	l.Judged, l.JudgedWhy, l.Said = "", "", nil
	var word, heard *Standing
	for _, x := range s.Of(l.Commit, l.Title) {
		switch x.Voice {
		case VoiceTrees:
			found = x.Stand
			continue
		case VoiceWord:
			word = &x
		case VoiceHeard:
			if x.Counts() {
				heard = &x
			}
		}
		l.Said = append(l.Said, Said{State: x.Stand, Voice: x.Voice, Who: x.Who, How: x.How, Why: x.Why, Mail: x.Mail, At: x.At,
			Claims: !x.Counts()})
	}
	over := word
	if word == nil || word.Stand == "" {
		over = heard
		if l.State == StandQueued || l.State == StandDeclined {
			over = nil
		}
	}
	if over != nil && over.Stand != "" {
		l.Judged, l.JudgedWhy = l.State, l.Why
		l.State, l.Why = over.Stand, over.telling()
	}
	return found
}

// telling is what somebody said, with who and when.
func (s *Standing) telling() string {
	out := cmp.Or(s.Who, "somebody") + ", " + s.At.Format(time.DateOnly)
	if s.Why != "" {
		return s.Why + " (" + out + ")"
	}
	return out
}
