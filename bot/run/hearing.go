package run

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
)

// What the stable team says of a change on a branch is recorded as soon as it is filed, as
// claimed; it counts when it is known who sent it.

// noticed is what each kind of notice makes of a fix that a branch lacks.
var noticed = map[mail.NoticeKind]struct {
	stand flow.Stand
	why   string
}{
	mail.NoticeQueued:   {flow.StandQueued, "added to the queue"},
	mail.NoticeFailed:   {flow.StandFailed, "it did not apply"},
	mail.NoticeDropped:  {flow.StandDeclined, "dropped from the queue"},
	mail.NoticeProposed: {flow.StandPosted, "proposed by AUTOSEL"},
	mail.NoticeReview:   {flow.StandQueued, "in review for the next release"},
}

// standingsOf is what a notice says, as claimed; none for a mail that is no notice.
func standingsOf(m flow.Mail, msg *mail.Message) []flow.Standing {
	n, ok := msg.Notice()
	if !ok || n.Title == "" {
		return nil
	}
	says := noticed[n.Kind]
	at := m.Date
	if at.IsZero() || at.After(m.Received) {
		at = m.Received // a clock that goes ahead does not come last
	}
	var out []flow.Standing
	for _, b := range n.Branches {
		out = append(out, flow.Standing{Branch: b, Commit: n.Commit, Title: n.Title, Stand: says.stand, Voice: flow.VoiceHeard, Why: says.why,
			Who: strings.ToLower(msg.From.Address), Mail: m.ID, At: at})
	}
	return out
}

// ofTeam reports whether an address is one of those that decide about stable branches.
func (c *core) ofTeam(address string) bool {
	team := c.Policy.StableTeam
	if team == nil {
		team = command.StableTeam
	}
	return slices.ContainsFunc(team, func(a string) bool { return strings.EqualFold(a, address) })
}

// listen records what a notice claims, and has its sender proven.
func (fl *filer) listen(ctx context.Context, f *flow.Filing, m flow.Mail, msg *mail.Message) error {
	if fl.Policy.Embargoed(msg) {
		return nil
	}
	says := standingsOf(m, msg)
	if len(says) == 0 {
		return nil
	}
	if f.Series == nil && (f.Kind == flow.KindOther || f.Kind == flow.KindReply) {
		f.Kind, f.Note = flow.KindNotice, "a notice of the stable team, or what has its form"
	}
	team := fl.ofTeam(msg.From.Address)
	switch {
	case team && fl.Policy.Trusts(m.Source):
		for i := range says {
			says[i].Proven, says[i].How = true, "the source is trusted"
		}
	case team && fl.Lookup != nil && !flow.Backfilled(m.Source) && command.Signs(m.Raw) == nil && f.Prove.IsZero():
		f.Prove = fl.Clock.Now()
	}
	return fl.Journal.Stand(ctx, says)
}

// heard records that a notice is from who it names; of what is read then only that counts
// which the signature covers.
func (pv *prover) heard(ctx context.Context, m flow.Mail, full *mail.Message, proof command.Proof) error {
	if !pv.ofTeam(proof.From) || !strings.EqualFold(full.From.Address, proof.From) {
		return nil
	}
	signed, err := parse(flow.Mail{ID: m.ID, List: m.List, Raw: proof.Signed})
	if err != nil {
		return nil //nolint:nilerr // what is signed cannot be read: it stays claimed
	}
	claimed, says := standingsOf(m, full), standingsOf(m, signed)
	if len(says) != len(claimed) {
		return nil
	}
	for i := range says {
		c := claimed[i]
		if says[i].Branch != c.Branch || says[i].Title != c.Title || says[i].Stand != c.Stand || says[i].Commit != c.Commit {
			return nil // what is signed reads otherwise
		}
		says[i].Proven, says[i].How = true, "DKIM of "+proof.Domain
	}
	return pv.Journal.Stand(ctx, says)
}

// provedNotice is what follows from an attempt to prove who sent a notice.
func (pv *prover) provedNotice(m flow.Mail, proof command.Proof, unproven error) flow.Proving {
	switch {
	case errors.Is(unproven, command.ErrLookup) && m.Tries+1 < proveTries && !pv.once:
		return flow.Proving{Again: pv.Clock.Now().Add(proveFirst << m.Tries)}
	case unproven != nil:
		return flow.Proving{Note: "a notice that is only claimed: " + unproven.Error()}
	}
	return flow.Proving{Proven: proof.From}
}
