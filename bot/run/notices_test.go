package run_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

const (
	greg  = "Greg Stable <greg@example.org>"
	sasha = "Sasha Stable <sasha@example.org>"
)

// notice is a mail written after the forms of the stable team, and what it says.
type notice struct {
	post
	branches string
	title    string // behind "drm/amdgpu: "
	commit   string
	stand    flow.Stand
}

// sha is the n-th commit of mainline.
func sha(n int) string { return fmt.Sprintf("%040x", 0x1a2b3c4d5e<<8+n) }

func queued(n int, who, branch, format string) notice {
	title := fmt.Sprintf("fix hang %d", n)
	body := fmt.Sprintf("This is a note to let you know that I've just added the patch titled\n\n    drm/amdgpu: %s\n\nto the %s-stable "+
		"tree, from where it goes out.\n\nFrom %s\n\ncommit %s upstream.\n", title, branch, sha(n), sha(n))
	return notice{post{from: who, subject: fmt.Sprintf(format, "drm/amdgpu: "+title, branch), body: body, text: n%2 == 0}, branch, title,
		sha(n), flow.StandQueued}
}

func failed(n int, who, branch, format string) notice {
	title := fmt.Sprintf("fix oops %d", n)
	body := fmt.Sprintf("The patch below does not apply to the %s-stable tree. Somebody who wants\nit there has to send a backport.\n\ngit "+
		"cherry-pick -x %s\n", branch, sha(n))
	if n%2 == 0 {
		body = fmt.Sprintf("The patch below does not apply to the %s-stable tree.\n\n------------------ original commit in Linus's tree "+
			"------------------\n\nFrom %s Mon Sep 17 00:00:00 2001\n", branch, sha(n))
	}
	return notice{post{from: who, subject: fmt.Sprintf(format, "drm/amdgpu: "+title, branch), body: body, text: true}, branch, title, sha(n),
		flow.StandFailed}
}

func droppedAs(n int, who, subject, branches, title, text string) notice {
	return notice{post{from: who, subject: subject, body: "On Monday, Ada wrote:\n> it breaks resume\n\n" + text + "\n", text: true,
		reply: fmt.Sprintf("parent%d@example.org", n)}, branches, title, "", flow.StandDeclined}
}

func proposed(n int, prefix, branches string) notice {
	title := fmt.Sprintf("fix leak %d", n)
	return notice{post{from: sasha, subject: "[PATCH AUTOSEL " + prefix + "] drm/amdgpu: " + title,
		body: "From: Ada Example <ada@example.org>\n\n[ Upstream commit " + sha(n) +
			" ]\n\nThe card leaks.\n\nSigned-off-by: Ada Example <ada@example.org>\n"}, branches, title, sha(n), flow.StandPosted}
}

func review(n int, branch string, of int) notice {
	title := fmt.Sprintf("fix race %d", n)
	return notice{post{from: greg, subject: fmt.Sprintf("[PATCH %s %03d/%d] drm/amdgpu: %s", branch, n, of, title),
		headers: "X-stable: review\n",
		body: branch + "-stable review patch.  If somebody objects, say so now.\n\n------------------\n\nFrom: Ada Example " +
			"<ada@example.org>\n\ncommit " + sha(n) + " upstream.\n\nIt races.\n\nSigned-off-by: Ada Example <ada@example.org>\n"}, branch, title,
		sha(n), flow.StandQueued}
}

func notices() []notice {
	const (
		added = `Patch "%s" has been added to the %s-stable tree`
		fails = `FAILED: patch "[PATCH] %s" failed to apply to %s-stable tree`
		capit = `FAILED: Patch "%s" failed to apply to %s-stable tree`
	)
	return []notice{
		queued(1, greg, "6.1", added), queued(2, greg, "5.15", added), queued(3, sasha, "6.6", added), queued(4, sasha, "5.10", added),
		queued(5, greg, "6.12", `patch "%s" has been added to the %s-stable tree`), queued(6, greg, "5.4", `PATCH "%s" Has Been Added To The %s-stable tree`),
		queued(7, sasha, "6.1", added), queued(8, greg, "4.19", added),
		failed(9, greg, "6.1", fails), failed(10, greg, "5.15", fails), failed(11, sasha, "6.6", capit), failed(12, sasha, "5.10", capit),
		failed(13, greg, "6.12", `failed: patch "[PATCH v2] %s" failed to apply to %s-stable tree`), failed(14, greg, "5.4", fails), failed(15, sasha, "6.1", capit), failed(16, greg, "4.19", fails),
		droppedAs(17, greg, `Re: Patch "drm/amdgpu: fix stall 17" has been added to the 6.1-stable tree`, "6.1", "fix stall 17", "Now dropped, thanks."),
		droppedAs(18, sasha, "Re: [PATCH AUTOSEL 6.6 3/12] drm/amdgpu: fix stall 18", "6.6", "fix stall 18", "Dropped, thanks!"),
		droppedAs(19, greg, "Re: [PATCH 5.15 012/149] drm/amdgpu: fix stall 19", "5.15", "fix stall 19", "I'll drop it from the queue now."),
		droppedAs(20, sasha, `RE: patch "drm/amdgpu: fix stall 20" has been added to the 5.10-stable tree`, "5.10", "fix stall 20", "I've dropped it."),
		droppedAs(21, greg, "Re: [PATCH 6.12.y] drm/amdgpu: fix stall 21", "6.12", "fix stall 21", "All dropped now."),
		proposed(22, "6.1 01/20", "6.1"), proposed(23, "6.6 12/18", "6.6"), proposed(24, "5.15", "5.15"),
		proposed(25, "6.19-6.1", "6.19 6.12 6.6 6.1"), proposed(26, "6.12 2/2", "6.12"),
		review(27, "6.1", 149), review(28, "6.6", 250), review(29, "5.15", 88), review(30, "6.12", 310),
	}
}

// forgeries are notices that prove nothing: without a signature, changed behind it, or
// signed for somebody else.
func forgeries(sign func(post) []byte) (raw [][]byte, of []notice) {
	const added = `Patch "%s" has been added to the %s-stable tree`
	add := func(n notice, id string, make func(post) []byte) {
		n.id = id
		raw, of = append(raw, make(n.post)), append(of, n)
	}
	plain := func(p post) []byte { return p.bytes() }
	swap := func(old, with string) func(post) []byte {
		return func(p post) []byte { return bytes.Replace(sign(p), []byte(old), []byte(with), 1) }
	}
	add(queued(31, greg, "6.1", added), "f1@example.org", plain)
	add(failed(32, sasha, "6.6", `FAILED: Patch "%s" failed to apply to %s-stable tree`), "f2@example.org", plain)
	add(droppedAs(33, greg, "Re: [PATCH 6.1 01/99] drm/amdgpu: fix stall 33", "6.1", "fix stall 33", "Now dropped, thanks."), "f3@example.org",
		plain)
	add(queued(34, "Greg Stable <eve@example.org>", "6.1", added), "f4@example.org", sign)
	add(queued(35, "Greg Stable <greg@example.net>", "6.1", added), "f5@example.org", sign) // signed by another domain
	add(queued(36, greg, "6.1", added), "f6@example.org", swap("-stable tree, from", "-stable tree; from"))
	add(queued(37, greg, "6.6", added), "f7@example.org", swap("6.6-stable tree\r\nDate", "6.1-stable tree\r\nDate"))
	add(proposed(38, "6.1 1/2", "6.1"), "f8@example.org", plain)
	add(review(39, "6.1", 149), "f9@example.org", swap("6.1-stable review", "6.6-stable review"))
	add(queued(40, sasha, "6.1", added), "f10@example.org", swap("From: Sasha", "From: Greg Stable <greg@example.org>\r\nFrom: Sasha"))
	return raw, of
}

// TestNotices: thirty notices that the stable team signed are heard; ten that were forged,
// or that nobody signed, are recorded as claimed and count nothing.
func TestNotices(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	b.opts.Policy.StableTeam = []string{"greg@example.org", "sasha@example.org"}
	all := notices()
	var raw [][]byte
	for i := range all {
		all[i].id = fmt.Sprintf("n%d@example.org", i+1)
		raw = append(raw, sign(all[i].post))
	}
	forged, claims := forgeries(sign)
	b.raw(append(raw, forged...)...)
	said, err := b.store.Standings(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string][]flow.Standing{}
	for _, s := range said {
		of[s.Mail] = append(of[s.Mail], s)
	}
	right := 0
	for _, n := range all {
		var branches []string
		ok := true
		for _, s := range of[n.id] {
			branches = append(branches, s.Branch)
			ok = ok && s.Counts() && s.How == "DKIM of example.org" && s.Stand == n.stand && s.Title == "drm/amdgpu: "+n.title &&
				s.Commit == n.commit
		}
		if !ok || strings.Join(branches, " ") != n.branches {
			t.Errorf("%s %q: %+v, want %s for %s", n.id, n.subject, of[n.id], n.stand, n.branches)
			continue
		}
		right++
	}
	claimed := 0
	for _, n := range claims {
		some := of[n.id]
		if len(some) == 0 {
			t.Errorf("%s %q is not shown at all", n.id, n.subject)
			continue
		}
		claimed++
		for _, s := range some {
			if s.Counts() {
				t.Errorf("%s %q counts: %+v", n.id, n.subject, s)
			}
		}
	}
	t.Logf("%d of %d signed notices right, %d of %d forged or unsigned ones shown as claimed", right, len(all), claimed, len(claims))
	if len(all) != 30 || len(claims) != 10 {
		t.Errorf("%d notices and %d forgeries", len(all), len(claims))
	}
}
