package rules

// Suite lists every rule in the order in which a reply tells them: what mainline
// and reviewers say, form, size, what is fixed, what is added, where it goes.
var Suite = []*Rule{
	Mainline,
	UpstreamMark,
	Reviewed,
	Tested,
	Followups,

	SignOff,
	FixesTag,
	CulpritKnown,

	DiffSize,
	Tables,

	RealBug,
	UserReport,
	DeviceID,
	BuildError,
	Performance,
	NoTheory,
	NotTrivial,

	ProductionSilicon,
	NoEnablement,
	NoNewUAPI,
	NoNewKconfig,
	NoNewDriver,
	NoFirmware,

	StableRequest,
	NoDelay,
	NotDeclined,
	Disclosure,
	SeriesComplete,

	Affected,
	Applies,
	Prerequisites,
	NewerBranches,

	// Left out:
	//
	// "fixes one thing only": the wording went from stable-kernel-rules.rst in
	// 2023, and a program cannot count the things that a patch fixes.
	//
	// checkpatch style and the 75 columns of a message: stable takes what mainline
	// took, so style has been settled before.
	//
	// The netdev FAQ: it has followed the common stable rules since 2021.
	//
	// ACK, NAK and the 48 hours of a review cycle: they bind the stable team, not
	// a change; what a review leads to reaches NotDeclined.
}

// ByID returns the rule of that ID, nil when there is none.
func ByID(id string) *Rule {
	for _, r := range Suite {
		if r.ID == id {
			return r
		}
	}
	return nil
}
