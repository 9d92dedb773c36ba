package report

import (
	"fmt"
	"time"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Rival is another patch for the bug that a patch mends. Anybody can post one, so it is
// told and changes nothing.
type Rival struct {
	ID    string // of its mail
	Title string
	From  string // address
	At    time.Time
	Lines bool // known by its culprit and the lines that it changes, not by a report
}

// maxRivalTitle keeps the sentence to three lines.
const maxRivalTitle = 72

// rival says of a patch that stable takes that another one was posted for the same.
func (r Row) rival() []string {
	if r.Rival == nil || r.Verdict != verdict.StableEligible || r.Beside {
		return nil
	}
	same := "the same report"
	if r.Rival.Lines {
		same = "the same culprit and lines"
	}
	of := ""
	if r.N > 0 {
		of = fmt.Sprintf(" as patch %d", r.N)
	}
	who := ""
	if from := cut(clean(r.Rival.From), 40); from != "" {
		who = " from " + from
	}
	if id := msgID(r.Rival.ID); id != "" {
		who += " <" + id + ">"
	}
	return []string{fmt.Sprintf("Another patch for %s%s was posted on %s: \"%s\"%s; only one of the two can go in.", same, of,
		r.Rival.At.UTC().Format("2 Jan 2006"), cut(clean(r.Rival.Title), maxRivalTitle), who)}
}
