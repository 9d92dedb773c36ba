package signs

import (
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

// A word of harm counts where it is of the bug that the change fixes.
func TestWhose(t *testing.T) {
	for _, c := range []struct {
		name, title, body string
		kind              Word
		want              bool
	}{
		{"an example of what is not handled", "acme: power up first", "Failures of powering up are left alone (e.g. bus\nerror), and the test says FAIL.", WordOops, false},
		{"an example in other words", "acme: power up first", "The caller decides (for example after a timeout that hangs).", WordHang, false},
		{"an example of what it does", "acme: fix the copy", "This leads to undefined results (e.g. a crash).", WordOops, true},
		{"in brackets, and no example", "acme: fix the copy", "The ring stops (deadlock).", WordHang, true},
		{"behind the brackets", "acme: fix the copy", "On some boards (e.g. gx2) it crashes.", WordOops, true},
		{"what a series fixed", "acme: put the queue back", "It was thought to be there against jobs leaking, which the series fixed.", WordLeak, false},
		{"the name of a series", "acme: put the queue back", "It came with the teardown leak fix series.", WordLeak, false},
		{"what a commit fixed", "acme: fix a use after free", "The commit 0123456789ab fixed a deadlock, and freed the ring too early.", WordHang, false},
		{"what came by it", "acme: fix a use after free", "The commit 0123456789ab fixed a deadlock, and freed the ring too early: a use after free.", WordMemory, true},
		{"what a commit fixed in part", "acme: fix a deadlock", "The commit 0123456789ab fixed a deadlock. The other path still has it.", WordHang, true},
		{"what a commit caused", "acme: fix the ring", "In commit 0123456789ab somebody fixed the order, which caused a deadlock.", WordHang, true},
		{"what this fixes", "acme: fix the ring", "This commit fixes a deadlock.", WordHang, true},
		{"a warning about what is not set", "acme: fix uninitialized flat cache warning", "", WordMemory, false},
		{"that, in the message", "acme: switch the cache", "It silences a warning about uninitialised registers.", WordMemory, false},
		{"what is not set", "acme: fix uninitialized variable", "", WordMemory, true},
		{"what a sanitizer saw", "acme: fix the ring", "kmsan: uninitialized value. The uninitialized read warning comes at boot.", WordMemory, true},
		{"unstable tests", "Bluetooth: ISO: Fix defer tests being unstable", "", WordSymptom, false},
		{"tests that do not work", "acme: fix it", "The acme selftests do not work.", WordSymptom, false},
		{"an unstable link", "acme: fix the link being unstable", "", WordSymptom, true},
		{"what tests found", "acme: fix it", "Tests show that the display does not work.", WordSymptom, true},
		{"what a checker found", "acme: fix it", "Found by Coverity.", WordTool, true},
		{"a checker that ran", "acme: fix it", "Checked with smatch, and there are no sparse warnings.", WordTool, false},
		{"what follows", "acme: fix it", "From the table we can infer the size; checkpatch is clean.", WordTool, false},
		{"a checker that a robot ran", "acme: fix it", "New smatch warnings:\nacme() error: uninitialized symbol ret.", WordTool, true},
		{"a checker that complains as well", "acme: fix it", "The GPU hangs. Smatch also complains here.", WordTool, false},
		{"found, and run afterwards", "acme: fix it", "Found and then verified with smatch.", WordTool, true},
		{"what it is, in other words", "acme: fix it", "It is accessed once it was released (i.e. a use-after-free).", WordMemory, true},
		{"an example of what is fatal", "acme: fix it", "Unbinding then is fatal (for example a NULL pointer dereference).", WordOops, true},
		{"fixed elsewhere, and here", "acme: fix it", "Commit 0123456789ab (\"foo: x\")\nfixed a use-after-free there. Do likewise here.", WordMemory, true},
		{"fixed by another, for another", "acme: fix it", "A use-after-free in gx2 was fixed by commit 0123456789ab. gx1 needs it too.", WordMemory, true},
		{"what a fix brought", "acme: fix it", "After commit 0123456789ab (\"foo: x\") fixed the order, the GPU hangs.", WordHang, true},
		{"a fix in a title", "acme: fix it", "Since commit 0123456789ab (\"acme: suspend fixes for gx2\") a NULL pointer dereference is seen.", WordOops, true},
		{"a warning beside it", "acme: fix it", "Users see an uninitialized memory read and a warning.", WordMemory, true},
		{"a lock that is not set", "acme: fix it", "It takes an uninitialized spinlock warning lockdep.", WordMemory, true},
		{"what checkpatch prints", "acme: fix it", "Fix the checkpatch warning about it.", WordTool, true},
	} {
		w := ReadWords(&change.Change{Subject: c.title, Body: c.body})
		if got := w.Has(c.kind); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
