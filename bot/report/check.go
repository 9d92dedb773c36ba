package report

import (
	"net/url"
	"strings"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Status is how a check of a patch went.
type Status string

// The statuses. A verdict is never a failure: red is for what is broken.
const (
	Pass    Status = "pass"    // nobody has to do anything
	Warn    Status = "warn"    // there is something to do, or to look at
	Pending Status = "pending" // it is judged again later
)

// Check is a verdict as the tools that keep checks of patches want it.
type Check struct {
	ID      string `json:"id"` // Message-ID
	Status  Status `json:"status"`
	Summary string `json:"summary"` // one line
	URL     string `json:"url"`     // "" when there is no page
	Details string `json:"-"`       // the text of a reply
}

// CheckOf is the check of a posting's one patch; false when there is nothing
// to say about it.
func CheckOf(p Posting, b Bot) (Check, bool, error) {
	v := ValuesOf(p)
	if len(v.Rows) != 1 {
		return Check{}, false, nil
	}
	r := v.Rows[0]
	c := Check{ID: r.ID, Status: Warn, Summary: clean(r.Line()), URL: b.detailsURL(r.ID)}
	if f := r.figure(); f != "" {
		c.Summary += " (estimated chance " + f + ")"
	}
	switch {
	case r.Verdict == verdict.NotNeeded || r.Verdict == verdict.OutOfScope:
		return c, false, nil
	case r.Verdict == verdict.Wait:
		c.Status = Pending
	case r.Settled():
		c.Status = Pass
	}
	v.Series = false // the patch stands for itself here
	c.Details = guard(strings.TrimSpace(join(fit(v.blocks(inFull))))) + "\n"
	return c, true, nil
}

func (b Bot) detailsURL(id string) string {
	if b.Details == "" {
		return ""
	}
	return strings.TrimRight(clean(b.Details), "/") + "/" + url.PathEscape(msgID(id))
}
