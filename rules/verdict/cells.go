package verdict

// What a judgement says of fix or not, and what a row says of its branch: whoever asks,
// asks here.

// Verdicts, States and Applicabilities are the closed sets of a judgement and of its
// rows, beside Classes; tests walk them through each place that has to know them all.
var (
	Verdicts        = []Verdict{StableEligible, DKMSOnly, Wait, Uncertain, NotNeeded, OutOfScope}
	States          = []string{Affected, Present, Queued, NotAffected, NoBaseThere, Unknown}
	Applicabilities = []string{"exact", "offset", "three-way", "needs-prerequisites", "adapted", NeedsBackport, "unknown"}
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
func (b *Branch) AsIs() bool { return b.Applies == "exact" || b.Applies == "offset" }
