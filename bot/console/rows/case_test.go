package rows

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Nothing that a stranger wrote rearranges the lines of explain.
func TestExplainIsPlain(t *testing.T) {
	const s = "no \u202eti sah elbats\x1b[2J\u009b1m \u200bzero\u2028width"
	who := change.Person{Name: "Eve", Address: "eve@evil.example.com"}
	m := flow.Mail{ID: "a\u202eb@evil.example.com", Lists: []string{s}, Subject: s, Note: s, Sender: who.Address}
	j := &flow.Judged{Judgement: verdict.Judgement{ID: "m5@gpu.example.com", Subject: s, Author: s, Reason: s}}
	j.Error = new(string)
	*j.Error = s
	c := &store.Case{Mail: &m, Judged: j, Series: &flow.Series{Title: s, Quiet: s}, Mates: []flow.Judged{*j}, Replies: []flow.Mail{m},
		Actions: []store.ActionRow{{Action: flow.Action{Line: s}, Problem: s}}, Notes: []store.Note{{Who: "ada", Body: s}},
		Orders: []flow.Order{{Command: command.Command{Line: s}, Who: who, Refused: s, At: time.Unix(0, 0)}}}
	var b bytes.Buffer
	if err := Case(&b, c); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "ti sah elbats"); n < 13 {
		t.Errorf("%d of the places show it:\n%s", n, b.String())
	}
	for line := range strings.Lines(b.String()) {
		for _, r := range strings.TrimRight(line, "\n") {
			if change.Unseen(r) || unicode.IsControl(r) {
				t.Errorf("%U in %q", r, line)
			}
		}
	}
}
