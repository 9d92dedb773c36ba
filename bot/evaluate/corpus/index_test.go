package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
)

// letter is a mail of a list.
type letter struct {
	id, from, subject, answers string
	day                        string
	text                       string
	file                       string // of its diff, "" without one
}

func (l letter) String() string {
	d, err := time.Parse(time.DateOnly, l.day)
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\nSubject: %s\nMessage-ID: <%s@example.org>\nDate: %s\n", l.from, l.subject, l.id, d.Format(time.RFC1123Z))
	if l.answers != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s@example.org>\nReferences: <%s@example.org>\n", l.answers, l.answers)
	}
	fmt.Fprintf(&b, "\n%s\n", l.text)
	if l.file != "" {
		fmt.Fprintf(&b, "Signed-off-by: %s\n---\n %s | 1 +\n\ndiff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n"+
			"@@ -1,3 +1,4 @@\n a\n b\n+\tif (!p)\n c\n", l.from, l.file, l.file, l.file, l.file, l.file)
	}
	return b.String()
}

const (
	ada = "Ada Example <ada@example.org>"
	mel = "Mel Maintainer <max@example.org>"
)

// fates opens a corpus of letters and gives what became of each title.
func fates(t *testing.T, table string, letters ...letter) map[string]truth.Label {
	t.Helper()
	file := filepath.Join(t.TempDir(), "table.tsv")
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context(), Options{
		Truth: []string{file}, Jobs: 2,
		Files: func(put func([]byte, string, error) error) error {
			for _, l := range letters {
				if err := put([]byte(l.String()), l.id, nil); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	out := map[string]truth.Label{}
	err = Each(t.Context(), c, func(s *Subject) *Subject { return s }, func(s *Subject) error {
		if _, twice := out[s.Change.Subject]; twice {
			t.Errorf("%q counts twice", s.Change.Subject)
		}
		out[s.Change.Subject] = s.Label
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// listing is a table that covers 6.1.y from 2022 to 2024 in full.
func listing(subjects ...string) string {
	var b strings.Builder
	for i := 1; i <= 120; i++ {
		fmt.Fprintf(&b, "abc: other fix %d\t6.1.%d\n", i, i)
	}
	for _, s := range subjects {
		fmt.Fprintf(&b, "%s\t6.1.50\n", s)
	}
	return b.String()
}

func TestMerged(t *testing.T) {
	got := fates(t, listing("xyz: taken and applied", "xyz: only taken", "xyz: a better title"),
		letter{"1", ada, "[PATCH] xyz: taken and applied", "", "2023-03-01", "", "drivers/xyz/a.c"},
		letter{"2", mel, "Re: [PATCH] xyz: taken and applied", "1", "2023-03-02", "Applied, thanks.", ""},
		letter{"3", ada, "[PATCH] xyz: only taken", "", "2023-03-01", "", "drivers/xyz/b.c"},
		letter{"4", ada, "[PATCH] xyz: never heard of again", "", "2023-03-01", "", "drivers/xyz/c.c"},
		letter{"5", ada, "Re: [PATCH] xyz: never heard of again", "4", "2023-03-02", "Applied here, and it works.", ""},
		// A series of which one patch is applied, by its number.
		letter{"20230301100000.100-1-ada@example.org", ada, "[PATCH 0/2] xyz: two things", "", "2023-03-01", "", ""},
		letter{"20230301100000.100-2-ada@example.org", ada, "[PATCH 1/2] xyz: first", "20230301100000.100-1-ada@example.org", "2023-03-01", "",
			"drivers/xyz/d.c"},
		letter{"20230301100000.100-3-ada@example.org", ada, "[PATCH 2/2] xyz: second", "20230301100000.100-1-ada@example.org", "2023-03-01", "",
			"drivers/xyz/e.c"},
		letter{"6", mel, "Re: [PATCH 0/2] xyz: two things", "20230301100000.100-1-ada@example.org", "2023-03-03", "Applied patch 2 to for-next.",
			""},
		// The second version has another title, and is what stable took.
		letter{"7", ada, "[PATCH] xyz: a title", "", "2023-03-01", "", "drivers/xyz/f.c"},
		letter{"8", ada, "[PATCH v2] xyz: a better title", "", "2023-03-05", "", "drivers/xyz/f.c"},
		letter{"9", mel, "Re: [PATCH v2] xyz: a better title", "8", "2023-03-06", "Queued for 6.3, thanks.", ""},
		// Two patches to one file: another title alone makes no later version.
		letter{"10", ada, "[PATCH] xyz: on the same file", "", "2023-03-07", "", "drivers/xyz/f.c"},
		letter{"11", mel, "[GIT PULL] xyz fixes", "", "2023-03-10",
			"are available in the Git repository at:\n\n  x\n\nAda Example (1):\n      xyz: on the same file\n", ""},
	)
	for title, want := range map[string]truth.Label{
		"xyz: taken and applied":    {Taken: true, Merged: truth.Applied, Trust: 1},
		"xyz: only taken":           {Taken: true, Merged: truth.InTable, Trust: 1},
		"xyz: never heard of again": {Mask: truth.Unmerged},
		"xyz: first":                {Mask: truth.Unmerged},
		"xyz: second":               {Merged: truth.Applied, Trust: 1},
		"xyz: a title":              {Taken: true, Mask: truth.Superseded, Later: "xyz: a better title"},
		"xyz: a better title":       {Taken: true, Merged: truth.Applied, Trust: 1},
		"xyz: on the same file":     {Merged: truth.Pulled, Trust: 1},
	} {
		l, ok := got[title]
		if !ok || !l.Known || l.Taken != want.Taken || l.Merged != want.Merged || l.Mask != want.Mask || l.Later != want.Later ||
			l.Trust != want.Trust {
			t.Errorf("%s: got %+v, want %+v", title, l, want)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d changes, want 8", len(got))
	}
}

// TestVisible: a label is one where the table can see.
func TestVisible(t *testing.T) {
	fix := func(id, culprit, title, day string) letter {
		return letter{id, ada, "[PATCH] " + title, "", day, "Fixes: 0123456789ab (\"" + culprit + "\")\n", "drivers/xyz/" + id + ".c"}
	}
	yes := func(id, to, day string) letter {
		return letter{id, mel, "Re: [PATCH] x", to, day, "Applied, thanks.", ""}
	}
	got := fates(t, listing("xyz: a fix that brought a bug"),
		letter{"1", ada, "[PATCH] xyz: new in 6.4", "", "2023-04-01", "", "drivers/xyz/a.c"},
		letter{"2", ada, "[PATCH] xyz: old", "", "2022-06-01", "", "drivers/xyz/b.c"},
		letter{"3", ada, "[PATCH] xyz: a fix that brought a bug", "", "2023-04-01", "", "drivers/xyz/c.c"},
		fix("4", "xyz: new in 6.4", "xyz: younger than 6.1", "2023-09-15"), yes("5", "4", "2023-09-16"),
		fix("6", "xyz: old", "xyz: 6.1 has it", "2023-09-15"), yes("7", "6", "2023-09-16"),
		fix("8", "xyz: a fix that brought a bug", "xyz: by a backport", "2023-09-15"), yes("9", "8", "2023-09-16"),
		fix("10", "xyz: new in 6.4", "xyz: before it was out", "2023-06-10"), yes("11", "10", "2023-06-11"),
		fix("12", "abc: on another list", "xyz: nobody knows its age", "2023-09-15"), yes("13", "12", "2023-09-16"),
		fix("14", "xyz: old", "xyz: after the table", "2026-03-01"), yes("15", "14", "2026-03-02"),
	)
	for title, want := range map[string]truth.Mask{
		"xyz: younger than 6.1": truth.Unseen, "xyz: 6.1 has it": "", "xyz: by a backport": "", "xyz: before it was out": truth.Unreleased,
		"xyz: nobody knows its age": "", "xyz: after the table": truth.Beyond,
	} {
		if l, ok := got[title]; !ok || l.Mask != want || l.Taken || l.Merged != truth.Applied {
			t.Errorf("%s: mask %q, want %q; %+v", title, l.Mask, want, l)
		}
	}
}

func TestSpell(t *testing.T) {
	if got := spell("1-3, 5/7"); !slices.Equal(got, []int{1, 2, 3, 5}) {
		t.Errorf("got %v", got)
	}
}
