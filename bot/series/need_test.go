package series

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

const needDiff = "---\n drivers/x/%[1]s.c | 2 +-\n\ndiff --git a/drivers/x/%[1]s.c b/drivers/x/%[1]s.c\n--- a/drivers/x/%[1]s.c\n+++ " +
	"b/drivers/x/%[1]s.c\n@@ -1,1 +1,1 @@\n-a\n+b\n-- \n2.40\n"

// TestNeeds: a need is found by Message-ID, by that of a cover letter, and by patch id;
// the patches of the own series are none.
func TestNeeds(t *testing.T) {
	post := func(id, reply, date, subject, body, file string) *mail.Message {
		t.Helper()
		text := fmt.Sprintf("From: Ada Example <ada@example.org>\nSubject: %s\n"+
			"Date: Mon, %s +0000\nMessage-ID: <%s>\n", subject, date, id)
		if reply != "" {
			text += "In-Reply-To: <" + reply + ">\nReferences: <" + reply + ">\n"
		}
		text += "\n" + body + "\n"
		if file != "" {
			text += fmt.Sprintf(needDiff, file)
		}
		m, err := mail.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	long, late := "05 Jan 2026 10:00:00", "02 Nov 2026 10:00:00"
	carried := post("by-id@example.org", "", late, "[PATCH] x: by id", "Text.", "three")
	patchID := change.PatchID(carried.Change.Files)
	last := post("b1@example.org", "b0@example.org", late, "[PATCH 1/2] x: fix y",
		"Text.\n\nDepends-on: <nowhere@example.org>\nDepends-on: <b2@example.org>\nDepends-on: <long@example.org>", "five")
	mails := []*mail.Message{
		post("long@example.org", "", long, "[PATCH] x: long ago", "Text.", "zero"),
		post("a0@example.org", "", late, "[PATCH 0/2] x: two", "Both.", ""),
		post("a1@example.org", "a0@example.org", late, "[PATCH 1/2] x: one", "Text.", "one"),
		post("a2@example.org", "a0@example.org", late, "[PATCH 2/2] x: other", "Text.", "two"),
		carried,
		post("b0@example.org", "", late, "[PATCH 0/2] x: fixes",
			"They fix.\n\nprerequisite-message-id: <a0@example.org>\nprerequisite-patch-id: "+patchID, ""),
		last,
		post("b2@example.org", "b0@example.org", late, "[PATCH 2/2] x: fix z", "Text.", "six"),
	}
	x := &Index{}
	for _, m := range mails {
		n := NoteOf(m)
		x.AddNote(n)
		x.Want(n.Needs)
	}
	if !x.Wants() {
		t.Fatal("a patch id is named, and none is wanted")
	}
	for _, m := range mails {
		if m.Change != nil {
			x.Carry(change.PatchID(m.Change.Files), m.ID)
		}
	}
	var got []string
	for _, n := range x.Needs(last) {
		got = append(got, fmt.Sprintf("%s %v", n.What(), n.Fresh))
	}
	want := []string{"<nowhere@example.org> false", "x: long ago false", "x: one true", "x: other true", "x: by id true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestNeedsOfBase: where there is no cover letter, what git writes beside the base of a
// series stands below its first patch; what that patch says of itself is its own.
func TestNeedsOfBase(t *testing.T) {
	const other = "1123456789abcdef0123456789abcdef01234567"
	post := func(id, reply, subject, body, file, tail string) *mail.Message {
		t.Helper()
		text := fmt.Sprintf("From: Ada Example <ada@example.org>\nSubject: %s\n"+
			"Date: Mon, 02 Nov 2026 10:00:00 +0000\nMessage-ID: <%s>\n", subject, id)
		if reply != "" {
			text += "In-Reply-To: <" + reply + ">\nReferences: <" + reply + ">\n"
		}
		m, err := mail.Parse([]byte(text + "\n" + body + "\n" + fmt.Sprintf(needDiff, file) + tail))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	x := &Index{}
	x.Add(post("a1@example.org", "", "[PATCH 1/2] x: one", "Text.\n\nDepends-on: <own@example.org>", "one",
		"\nbase-commit: 0123456789abcdef0123456789abcdef01234567\nprerequisite-patch-id: "+other+"\n"))
	second := post("a2@example.org", "a1@example.org", "[PATCH 2/2] x: two", "Text.", "two", "")
	x.Add(second)
	if got := x.Needs(second); len(got) != 1 || got[0].PatchID != other {
		t.Errorf("the second patch needs %+v", got)
	}
}

// TestAmends: a patch whose note says that it amends the one it answers needs that first.
func TestAmends(t *testing.T) {
	x := &Index{}
	var last *mail.Message
	for _, raw := range []string{
		"From: Ada Example <ada@example.org>\nSubject: [PATCH] x: add y\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n" +
			"Message-ID: <first@example.org>\n\nText.\n" + fmt.Sprintf(needDiff, "one"),
		"From: Bob Example <bob@example.org>\nSubject: [PATCH] x: fix y\nDate: Mon, 02 Nov 2026 11:00:00 +0000\n" +
			"Message-ID: <amend@example.org>\nIn-Reply-To: <first@example.org>\n\nText.\n" +
			strings.Replace(fmt.Sprintf(needDiff, "one"), "---\n", "---\nAn amend to the patch I replied to.\n\n", 1),
	} {
		m, err := mail.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		x.AddNote(NoteOf(m))
		last = m
	}
	if n := x.Needs(last); len(n) != 1 || n[0].Title != "x: add y" || !n[0].Fresh {
		t.Errorf("needs %+v", n)
	}
}
