package corpus

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/mail"
)

func TestSaysApplied(t *testing.T) {
	for _, line := range []string{
		"Applied, thanks!", "Applied.", "applied to for-next", "Thanks, applied to xyz-fixes.",
		"Thank you for your contribution, it has been applied to my local",
		"This series was applied to netdev/net.git (main)", "1 patch(es) applied to rtw-next branch of rtw.git, thanks.",
		"I've queued this up for 6.9.", "Queued for 6.9, thanks",
		"Now applied after sorting the tests.", "The series applied for next, thanks!", "Merged and pushed out, thanks!",
		"Patches 1-3 applied to for-next", "Both applied, thanks.",
		"Thanks, I have picked this up.", "All applied to for-rc", "OK, merged.", "Applied patch 2 to for-next", "Picked up, thanks.",
	} {
		if ok, _, _ := saysApplied(line); !ok {
			t.Errorf("%q says that something was applied", line)
		}
	}
	for _, line := range []string{
		"Was this applied?", "It has not been applied", "I will apply it once you have sent a new version", "applied cleanly to 6.1 here",
		"If applied, it breaks the build",
		"This should be applied to stable", "With this patch applied the card works", "queued work is not flushed",
		"merged requests are freed twice",
		"pushed back on this before", "taken care of in the next patch", "picked the wrong one", "applies to for-next", "patch", "",
		"Applied this locally for testing",
	} {
		if ok, _, _ := saysApplied(line); ok {
			t.Errorf("%q says nothing of the kind", line)
		}
	}
	for line, want := range map[string][]int{"Patches 1-3 applied to for-next": {1, 2, 3}, "Applied patch 2 to for-next": {2},
		"Applied patches 1, 3 and 4": {1, 3, 4}, "Applied, thanks": nil} {
		if _, _, got := saysApplied(line); !slices.Equal(got, want) {
			t.Errorf("%q names the patches %v, want %v", line, got, want)
		}
	}
	if _, whole, _ := saysApplied("Series applied to for-next"); !whole {
		t.Error("the whole series was applied")
	}
}

func reply(t *testing.T, from, text string) said {
	t.Helper()
	m, err := mail.Parse([]byte("From: " + from +
		"\nSubject: Re: [PATCH 0/3] xyz: three things\nMessage-ID: <r@example.org>\nIn-Reply-To: <c@example.org>\n\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	return listen(m)
}

func TestListen(t *testing.T) {
	got := reply(t, "Max Maintainer <max@example.org>", `On Mon, 1 Jan 2024 10:00:00 +0000, Ada Example wrote:
> xyz: three things
> Applied, said nobody.

Applied to for-next, thanks!

[1/3] xyz: wake the card
      commit: 0123456789abcdef0123456789abcdef01234567
[2/3] xyz: let it sleep
      (no commit info)
[3/3] xyz: and a third thing with a title that somebody's program has
      wrapped
      https://git.example.org/xyz/c/89abcdef0123

--
Max
`)
	if got.applied || !slices.Equal(got.titles, []string{"xyz: wake the card", "xyz: let it sleep",
		"xyz: and a third thing with a title that somebody's program has wrapped"}) ||
		!slices.Equal(got.ids, []string{"0123456789abcdef0123456789abcdef01234567", "89abcdef0123"}) {
		t.Errorf("b4's list: %+v", got)
	}
	got = reply(t, "patchwork-bot+xyz@example.org", `Hello:

This series was applied to netdev/net.git (main)
by Max Maintainer <max@example.org>:

Here is the summary with links:
  - [net,v2,1/3] xyz: wake the card
    https://git.example.org/netdev/net/c/0123456789ab
  - [net,v2,2/3] xyz: let it sleep
    (no matching commit)

You are awesome, thank you!
`)
	if got.applied || !slices.Equal(got.titles, []string{"xyz: wake the card"}) {
		t.Errorf("patchwork's list: %+v", got)
	}
	got = reply(t, "Max Maintainer <max@example.org>",
		"2 patch(es) applied to xyz-next, thanks.\n\n0123456789ab wifi: xyz: wake the card\n89abcdef0123 wifi: xyz: let it sleep\n")
	if !slices.Equal(got.titles, []string{"wifi: xyz: wake the card", "wifi: xyz: let it sleep"}) {
		t.Errorf("a list of commits: %+v", got)
	}
	got = reply(t, "Max Maintainer <max@example.org>", "Applied to for-next.\n")
	if !got.applied || got.whole || len(got.titles) > 0 {
		t.Errorf("applied: %+v", got)
	}
	if got := reply(t, "kernel test robot <lkp@intel.com>",
		"Applied the patch\n\ncommit: 0123456789ab (\"xyz: wake the card\")\n"); !reflect.DeepEqual(got, said{}) {
		t.Errorf("a robot that tests says nothing: %+v", got)
	}
	got = reply(t, "Ada Example <ada@example.org>",
		"This came with 0123456789ab (\"xyz: wake\nthe card\"), I think.\n> and 89abcdef0123 (\"xyz: let it sleep\")\n")
	if !reflect.DeepEqual(got.cited, []citation{{"0123456789ab", "xyz: wake the card"}}) {
		t.Errorf("cited: %+v", got.cited)
	}
}

func TestShortlog(t *testing.T) {
	text := `The following changes since commit 0123:

are available in the Git repository at:

  https://git.example.org/xyz.git tags/xyz-1

----------------------------------------------------------------
Ada Example (2):
      xyz: wake the card
      xyz: let it sleep

Bo Backer (1):
      Merge branch 'a' into b
      abc: count the cards

 drivers/xyz/a.c | 2 +-
      not a title
`
	if !isPull(text) {
		t.Error("this asks to pull")
	}
	if isPull(strings.ReplaceAll(text, "\n", "\n> ")) {
		t.Error("a quote asks for nothing")
	}
	if got, want := shortlog(text), []string{"xyz: wake the card", "xyz: let it sleep", "abc: count the cards"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
