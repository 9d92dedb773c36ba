package corpus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestLists: patches of several archives. A title that was posted to two counts for
// the first, one of an archive that is left out for none; what became of a patch may
// stand in another archive.
func TestLists(t *testing.T) {
	dir := t.TempDir()
	inbox := func(name string, letters ...letter) string {
		path := filepath.Join(dir, name)
		var ms []gittest.Message
		for _, l := range letters {
			day, err := time.Parse(time.DateOnly, l.day)
			if err != nil {
				t.Fatal(err)
			}
			came := day
			if day.Year() > 2040 {
				came = time.Date(2023, 4, 1, 0, 0, 0, 0, time.UTC)
			}
			ms = append(ms, gittest.Message{Raw: l.String(), Sent: day, Date: came})
		}
		gittest.NewInbox(t, path).Add(ms...)
		return path
	}
	table := filepath.Join(dir, "table.tsv")
	if err := os.WriteFile(table, []byte(listing("xyz: taken")), 0o600); err != nil {
		t.Fatal(err)
	}
	first := inbox("a.git",
		letter{"0", ada, "[PATCH] xyz: before its time", "", "2022-01-01", "", "drivers/xyz/z.c"},
		letter{"1", ada, "[PATCH] xyz: taken", "", "2023-03-01", "", "drivers/xyz/a.c"},
		letter{"2", ada, "[PATCH] xyz: on both", "", "2023-03-01", "", "drivers/xyz/b.c"},
		letter{"3", ada, "[PATCH] xyz: kept for measuring", "", "2023-03-01", "", "drivers/xyz/c.c"},
		letter{"4", ada, "[PATCH v2] xyz: taken", "", "2023-03-02", "", "drivers/xyz/a.c"},
		letter{"5", ada, "[PATCH 6.1] xyz: for a branch", "", "2023-03-02", "", "drivers/xyz/d.c"})
	second := inbox("b.git",
		letter{"2", ada, "[PATCH] xyz: on both", "", "2023-03-01", "", "drivers/xyz/b.c"},
		letter{"6", ada, "[PATCH] xyz: only here", "", "2023-03-01", "", "drivers/xyz/e.c"},
		letter{"9", ada, "[PATCH] xyz: by a wrong clock", "", "2043-03-01", "", "drivers/xyz/g.c"})
	elsewhere := inbox("c.git",
		letter{"7", mel, "Re: [PATCH] xyz: on both", "2", "2023-03-04", "Applied, thanks.", ""},
		letter{"8", ada, "[PATCH] xyz: not judged", "", "2023-03-01", "", "drivers/xyz/f.c"})
	left := inbox("d.git", letter{"3", ada, "[PATCH] xyz: kept for measuring", "", "2023-03-01", "", "drivers/xyz/c.c"})
	c, err := Open(t.Context(), Options{Truth: []string{table}, Jobs: 2, Since: time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC),
		Lists: []List{{"first", first, Judge}, {"second", second, Judge}, {"elsewhere", elsewhere, Evidence}, {"left", left, LeaveOut}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var got []string
	err = Each(t.Context(), c, func(s *Subject) string {
		if s.AsOf.Year() != 2023 || s.Change.Date.Year() != 2023 {
			t.Errorf("%s is judged as of %s", s.Change.Subject, s.AsOf)
		}
		return s.Group + ": " + s.Change.ID + " " + s.Change.Subject + " (" + string(s.Label.Merged) + ")"
	}, func(s string) error { got = append(got, s); return nil })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"first: 2@example.org xyz: on both (" + string(truth.Applied) + ")",
		"first: 4@example.org xyz: taken (" + string(truth.InTable) + ")",
		"second: 6@example.org xyz: only here ()",
		"second: 9@example.org xyz: by a wrong clock ()",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !c.Posted() || c.Counts.Masked[truth.Unmerged] != 2 {
		t.Errorf("masked: %v", c.Counts.Masked)
	}
}
