package flow

// ActionKind is what an action does to the world.
type ActionKind string

// The kinds of actions. The Message of a reply and of a digest is the mail, that of a patch check a
// report.Check in JSON, and that of the others a Desired in JSON.
const (
	ActionReply      ActionKind = "reply"
	ActionLabels     ActionKind = "labels"
	ActionCheck      ActionKind = "check"
	ActionComment    ActionKind = "comment"
	ActionReaction   ActionKind = "reaction"
	ActionPatchCheck ActionKind = "patch-check"
	ActionDigest     ActionKind = "digest"
)

// Retire is what ends an action that still waits.
type Retire string

// What retires actions.
const (
	// RetireNever: it is done whatever comes.
	RetireNever Retire = "never"
	// RetireVersion: a newer version of the series is answered; a first answer also
	// when the series was judged again and it no longer holds.
	RetireVersion Retire = "version"
	// RetireJudged: its series was judged again; what is to be done is planned anew.
	RetireJudged Retire = "judged"
	// RetirePlan: a newer plan of its pull request says what is to be instead.
	RetirePlan Retire = "plan"
)

// Retires are all of them.
var Retires = []Retire{RetireNever, RetireVersion, RetireJudged, RetirePlan}

// Kind is what holds for all actions of a kind. Those who plan, store and deliver
// actions go by this, and name no kind.
type Kind struct {
	Name  ActionKind
	Title string // what pages call it
	// Mail: it speaks to people. Its Message is the mail; what its line says is what
	// was said to a series, and the list shows whether it was sent.
	Mail bool
	// Pull: it is done to a pull request.
	Pull bool
	// Chosen: the verdicts, without_trees and min_margin of its list decide what it
	// speaks of.
	Chosen bool
	// Approved: where its list has approve, it waits for a person.
	Approved bool
	// Quiet: it waits for the end of the quiet hours of its list.
	Quiet bool
	// Late: it is dropped when it had to wait so long that nobody wants it any more.
	Late bool
	// Capped: it counts for the caps of its sender, its list and all lists. State that
	// is brought to what it should be is bounded by what it is the state of.
	Capped bool
	Retire Retire
}

// Kinds are all kinds of actions.
var Kinds = []Kind{
	{Name: ActionReply, Title: "Reply", Mail: true, Chosen: true, Approved: true, Quiet: true, Late: true, Capped: true,
		Retire: RetireVersion},
	{Name: ActionDigest, Title: "Digest", Mail: true, Approved: true, Quiet: true, Late: true, Capped: true, Retire: RetireNever},
	{Name: ActionPatchCheck, Title: "Patch check", Retire: RetireJudged},
	{Name: ActionLabels, Title: "Labels", Pull: true, Retire: RetirePlan},
	{Name: ActionCheck, Title: "Check", Pull: true, Retire: RetirePlan},
	{Name: ActionComment, Title: "Comment", Pull: true, Retire: RetirePlan},
	{Name: ActionReaction, Title: "Reaction", Pull: true, Retire: RetireNever},
}

// KindOf is what holds for a kind. Of one that is not known here nobody knows whom it
// speaks to: it is bound as a reply is, and no newer one ends it.
func KindOf(name ActionKind) Kind {
	for _, k := range Kinds {
		if k.Name == name {
			return k
		}
	}
	return Kind{Name: name, Title: string(name), Approved: true, Quiet: true, Late: true, Capped: true, Retire: RetireNever}
}

// KindsThat are the names of the kinds that something holds for.
func KindsThat(holds func(Kind) bool) (names []ActionKind) {
	for _, k := range Kinds {
		if holds(k) {
			names = append(names, k.Name)
		}
	}
	return names
}
