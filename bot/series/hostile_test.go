package series_test

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/bot/internal/shapes"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A mail costs at most a second a MB to read, to file and to judge, and 300 MiB,
// whatever it is made of.
func TestHostileMails(t *testing.T) {
	judge := verdict.Default()
	for _, s := range shapes.Mails() {
		t.Run(strings.ReplaceAll(s.Name, " ", "-"), func(t *testing.T) {
			cost := map[string]oracle.Cost{}
			var m *mail.Message
			var err error
			cost["parse"] = oracle.Measure(func() { m, err = mail.Parse(s.Mail) })
			if err != nil {
				t.Fatal(err)
			}
			cost["note"] = oracle.Measure(func() {
				_ = series.NoteOf(m)
				var idx series.Index
				idx.Add(m)
				_ = idx.Facts(m)
				_, _ = command.Parse(m.Text())
			})
			verdicted := ""
			cost["judge"] = oracle.Measure(func() {
				if m.Change != nil {
					j := judge.Change(m.Change, nil, nil)
					verdicted = string(j.Verdict) + ": " + j.Reason
				}
			})
			total := cost["parse"].CPU + cost["note"].CPU + cost["judge"].CPU
			t.Logf("%8d bytes %+v %v damaged %v no patch %q %.100s", len(s.Mail), cost, total, m.Damaged, m.NoPatch, verdicted)
			if total > oracle.Allowed(len(s.Mail)) {
				t.Errorf("%d bytes took %v, allowed are %v: %+v", len(s.Mail), total, oracle.Allowed(len(s.Mail)), cost)
			}
			for what, c := range cost {
				if c.Peak > oracle.Memory {
					t.Errorf("%s took %d MiB", what, c.Peak>>20)
				}
			}
		})
	}
}
