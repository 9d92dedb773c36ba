package archive_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/source/archive"
)

// TestPastSorted: one mail with a clock ahead, in an archive that was imported
// in another order, does not make those after it late.
func TestPastSorted(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	var in []gittest.Message
	for _, sent := range []int{1, 3, 2, 20, 4, 5} {
		in = append(in, gittest.Message{Raw: fmt.Sprintf("From: a@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject: x\r\n\r\nx\r\n", sent),
			Date: day(25), Sent: day(sent)})
	}
	dir := t.TempDir()
	gittest.NewInbox(t, dir).Add(in...)
	a, err := archive.Open(t.Context(), dir, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	var got []int
	for i, err := range archive.Past(t.Context(), a, "x.lists.example.org", day(1).AddDate(0, 0, -1), day(30)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, i.Received.Day())
	}
	if fmt.Sprint(got) != "[1 2 3 4 5 20]" {
		t.Errorf("in the order %v", got)
	}
}
