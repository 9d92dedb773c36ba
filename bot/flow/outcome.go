package flow

import (
	"context"
	"time"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Outcome is where a judged change went: mainline, or one stable branch.
type Outcome struct {
	Change   string // id of the judged change
	Branch   string // "" for mainline
	Commit   string
	How      string // how the commit is known: "sha", "upstream", "cherry-pick", "subject"
	At       time.Time
	Release  string // first that carries it, "" when that is not known
	Begun    bool   // the branch began with it: nobody had to take it there
	Reverted string // the commit that took it out again
	// Followups are later fixes and reverts of it that are there as well.
	Followups []rules.Followup
}

// Followed is a judged change whose outcome is looked for.
type Followed struct {
	ID      string
	Kind    change.Kind
	Subject string
	Date    time.Time // as its author wrote it
}

// Outcomes is the durable side of following changes.
type Outcomes interface {
	// Followed returns up to n judged changes whose ids come after one, in order.
	Followed(ctx context.Context, after string, n int) ([]Followed, error)
	// OutcomesOf returns what is stored of some changes, mainline first.
	OutcomesOf(ctx context.Context, ids []string) (map[string][]Outcome, error)
	// SetOutcomes replaces all that is stored of each change in the map.
	SetOutcomes(ctx context.Context, now time.Time, of map[string][]Outcome) error
}

// Settled is a change whose fate is known, with the last judgement before it was
// taken.
type Settled struct {
	ID      string
	Subject string
	Driver  string // the first of several, "" for none
	// Judged is when the verdict was given; of a backfilled change the day of
	// which it is.
	Judged     time.Time
	Backfilled bool
	Verdict    verdict.Verdict
	Score      float64
	Taken      bool   // by a stable branch
	Release    string // of mainline that first carries it
}
