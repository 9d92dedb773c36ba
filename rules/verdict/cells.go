package verdict

import (
	"encoding/json"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/tree"
)

// What a judgement says of fix or not, and what a row says of its branch: whoever asks,
// asks here.

// Verdicts, States, Applicabilities and Lacks are the closed sets of a judgement and of
// its rows, beside Classes; tests walk them through each place that has to know them all.
var (
	Verdicts        = []Verdict{StableEligible, DKMSOnly, Wait, Uncertain, NotNeeded, OutOfScope}
	States          = tree.States
	Applicabilities = tree.Applicabilities
	Lacks           = tree.Lacks
)

// IsFix reports whether the change was found to be a fix, a device ID or a quirk. The
// number beside it always lies on that side of its line.
func (j *Judgement) IsFix() bool { return j.Lines != nil && j.Fix >= j.Lines.Fix }

// Is reports whether the row has that verdict.
func (b *Branch) Is(v Verdict) bool { return b.Verdict != nil && *b.Verdict == v }

// There reports whether the branch has the change, or is about to get it.
func (b *Branch) There() bool { return b.State == Present || b.State == Queued }

// Spared reports whether the branch needs nothing, since it has not the bug: it is not
// affected, has only what came before the code, or its author asks for newer ones.
func (b *Branch) Spared() bool { return !b.There() && (b.Verdict == nil || b.Is(NotNeeded)) }

// AsIs reports whether the patch goes onto the branch without a change to either.
func (b *Branch) AsIs() bool { return b.Applies.AsIs() }

// wire is a row in the contract's form: the reason why a branch has no base stands there
// as three flags, and what only trees need is left out.
type wire struct {
	Name          string               `json:"name"`
	State         State                `json:"state"`
	Applies       Applies              `json:"applies"`
	Verdict       *Verdict             `json:"verdict"`
	ReasonClass   Class                `json:"reason_class,omitempty"`
	Score         float64              `json:"score"`
	Prerequisites []string             `json:"prerequisites,omitempty"`
	Mates         []int                `json:"mates,omitempty"`
	Needs         []rules.Need         `json:"needs,omitempty"`
	PileLines     int                  `json:"pile_lines,omitempty"`
	PileMore      bool                 `json:"pile_more,omitempty"`
	PileBeyond    int                  `json:"pile_beyond,omitempty"`
	Enabling      []string             `json:"enabling,omitempty"`
	Newer         bool                 `json:"newer,omitempty"`
	Later         bool                 `json:"later,omitempty"`
	NoFiles       bool                 `json:"no_files,omitempty"`
	Followups     []rules.Followup     `json:"followups,omitempty"`
	Why           string               `json:"why,omitempty"`
	AsReleased    bool                 `json:"as_released,omitempty"`
	Adapted       *rules.Adaptation    `json:"adapted,omitempty"`
	ConflictWith  []rules.Conflict     `json:"conflict_with,omitempty"`
	Builds        string               `json:"builds,omitempty"`
	BuildWhy      string               `json:"build_why,omitempty"`
	BuildWarnings []string             `json:"build_warnings,omitempty"`
	WithPatch     int                  `json:"with_patch,omitempty"`
	Reach         []model.Contribution `json:"reach,omitempty"`
}

// MarshalJSON writes that form.
func (b Branch) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{b.Name, b.State, b.Applies, b.Verdict, b.ReasonClass, b.Score, b.Prerequisites, b.Mates, b.Needs, b.PileLines, b.PileMore, b.PileBeyond,
		b.Enabling, b.NoBase == NewHardware, b.NoBase == LaterCode, b.NoBase == NoFiles, b.Followups, b.Why, b.AsReleased, b.Adapted, b.Conflicts,
		b.Builds, b.BuildWhy, b.BuildWarnings, b.WithPatch, b.Reach})
}

// UnmarshalJSON reads it.
func (b *Branch) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*b = Branch{Branch: rules.Branch{Name: w.Name, State: w.State, Applies: w.Applies, Prerequisites: w.Prerequisites, Mates: w.Mates, Needs: w.Needs,
		PileLines: w.PileLines, PileMore: w.PileMore, PileBeyond: w.PileBeyond, Enabling: w.Enabling, Followups: w.Followups, Why: w.Why, AsReleased: w.AsReleased, Adapted: w.Adapted, Conflicts: w.ConflictWith},
		Verdict: w.Verdict, ReasonClass: w.ReasonClass, Score: w.Score, Builds: w.Builds, BuildWhy: w.BuildWhy, BuildWarnings: w.BuildWarnings, WithPatch: w.WithPatch, Reach: w.Reach}
	switch {
	case w.Newer:
		b.NoBase = NewHardware
	case w.Later:
		b.NoBase = LaterCode
	case w.NoFiles:
		b.NoBase = NoFiles
	}
	return nil
}
