package change

import (
	"strings"
	"testing"
)

// TestProvenance holds the forms in which the trees of others name the commit that
// a patch carries, or say that there is none.
func TestProvenance(t *testing.T) {
	const main = "0123456789abcdef0123456789abcdef01234567"
	const tree = "fedcba9876543210fedcba9876543210fedcba98"
	for _, c := range []struct {
		name, subject, body string
		upstream            string // "" for none
		form                string
		says                string
		onItsWay            bool
	}{
		{name: "stable", body: "commit " + main + " upstream.\n\nText.", upstream: main, form: FormUpstream},
		{name: "stable, brackets", body: "[ Upstream commit " + main + " ]\n\nText.", upstream: main, form: FormUpstream},
		{name: "stable, in a sentence", body: "This is commit " + main + " upstream.\n\nText.", upstream: main, form: FormUpstream},
		{name: "stable, a backport of", body: "Backport of commit " + main + " upstream.\n\nText.", upstream: main, form: FormUpstream},
		{name: "cherry-pick", body: "Text.\n\nSigned-off-by: A <a@x.org>\n(cherry picked from commit " + main + ")", upstream: main, form: FormPick},
		{name: "cherry-pick, square", body: "Text.\n\n[cherry picked from commit " + main + "]", upstream: main, form: FormPick},
		{name: "cherry-pick, by name", body: "Text.\n\n(ada: cherry picked from commit " + main + ")", upstream: main, form: FormPick},
		{name: "stable's mark before a cherry-pick's", body: "commit " + main + " upstream.\n\nText.\n\n(cherry picked from commit " + tree + ")", upstream: main, form: FormUpstream},
		{name: "Ubuntu", body: "BugLink: https://bugs.example.org/1\n\nText.\n\n(backported from commit " + main + ")\n[ada: the context differs]", upstream: main, form: FormBackport},
		{name: "Ubuntu, on top", body: "(backported from commit " + main + ")\n[ada: the context differs]\n\nText.", upstream: main, form: FormBackport},
		{name: "Ubuntu, of a stable tree", body: "Text.\n\n(cherry picked from commit " + tree + " linux-6.6.y)", upstream: "", form: FormStable},
		{name: "RHEL", body: "JIRA: https://issues.example.org/browse/R-1\n\ncommit " + main + "\nAuthor: Ada <a@x.org>\nDate:   Mon Nov 2 10:00:00 2026 +0100\n\n    net: text\n\n    Text.", upstream: main, form: FormBackport},
		{name: "RHEL, conflicts above", body: "Bugzilla: https://bugs.example.org/1\nUpstream Status: linux.git\nConflicts:\n- the context differs in foo\n\ncommit " + main + "\nAuthor: Ada <a@x.org>", upstream: main, form: FormBackport},
		{name: "RHEL, indented", body: "JIRA: https://issues.example.org/browse/R-1\nUpstream status: Linus\n\n    commit " + main + "\n    Author: Ada <a@x.org>\n\n        Text.", upstream: main, form: FormBackport},
		{name: "RHEL only", body: "Upstream Status: RHEL-only\n\nText.", says: "Upstream-Status: RHEL-only"},
		{name: "CIQ", body: "jira VULN-1\ncve CVE-2026-0001\ncommit-author Ada <a@x.org>\ncommit " + main + "\nupstream-diff the context differs\n\nText.", upstream: main, form: FormBackport},
		{name: "openEuler", body: "mainline inclusion\nfrom mainline-v6.5-rc1\ncommit " + main + "\ncategory: bugfix\nbugzilla: https://bugs.example.org/1\nCVE: NA\n\nReference: https://git.example.org/1\n\n----------------\n\nText.", upstream: main, form: FormBackport},
		{name: "openEuler, of stable", body: "stable inclusion\nfrom stable-v6.6.9\ncommit " + tree + "\ncategory: bugfix\n\n----------------\n\n[ Upstream commit " + main + " ]\n\nText.", upstream: main, form: FormUpstream},
		{name: "openEuler, a vendor's of mainline", body: "Intel inclusion\ncategory: feature\nfrom mainline-v6.5-rc1\ncommit " + main + " upstream.\n\nText.", upstream: main, form: FormUpstream},
		{name: "openEuler, its own", body: "hulk inclusion\ncategory: bugfix\nbugzilla: NA\n\nText.", says: "hulk inclusion"},
		{name: "openEuler, from a list", body: "maillist inclusion\ncategory: bugfix\n\nText.", says: "maillist inclusion", onItsWay: true},
		{name: "SUSE", body: "Git-commit: " + main + "\nPatch-mainline: v6.5-rc1\nReferences: bsc#1\n\nText.", upstream: main, form: FormBackport},
		{name: "SUSE, queued", body: "Git-repo: git://git.example.org/x.git\nGit-commit: " + main + "\nPatch-mainline: Queued in subsystem maintainer repo\n\nText.", upstream: main, form: FormBackport, says: "Patch-mainline: Queued in subsystem maintainer repo", onItsWay: true},
		{name: "SUSE, never", body: "Patch-mainline: Never, SLE only\n\nText.", says: "Patch-mainline: Never, SLE only"},
		{name: "Debian", body: "Text.\n\nOrigin: https://git.kernel.org/linus/" + main, upstream: main, form: FormBackport},
		{name: "Yocto", body: "Text.\n\nUpstream-Status: Backport [https://git.example.org/commit/?id=" + main + "]\nSigned-off-by: A <a@x.org>", upstream: main, form: FormBackport},
		{name: "Yocto, its own", body: "Text.\n\nUpstream-Status: Inappropriate [embedded specific]", says: "Upstream-Status: Inappropriate"},
		{name: "Anolis", body: "ANBZ: #1\n\ncommit " + main + " upstream.\n\nText.", upstream: main, form: FormUpstream},
		{name: "Android, upstream", subject: "UPSTREAM: igc: x", body: "Text.\n\n(cherry picked from commit " + main + ")\nBug: 1", upstream: main, form: FormPick},
		{name: "Android, backport", subject: "BACKPORT: igc: x", body: "Text.\n\n(cherry picked from commit " + main + ")\n[ada: the context differs]", upstream: main, form: FormPick},
		{name: "Android, from git", subject: "FROMGIT: igc: x", body: "Text.\n\n(cherry picked from commit " + main + " https://git.example.org/x.git next)", upstream: main, form: FormPick, says: "FROMGIT", onItsWay: true},
		{name: "Android, from git, changed", subject: "FROMGIT(BACKPORT): igc: x", body: "Text.", says: "FROMGIT(BACKPORT)", onItsWay: true},
		{name: "Android, from a list", subject: "BACKPORT: FROMLIST: igc: x", body: "Text.\n\nLink: https://lore.example.org/1", says: "BACKPORT: FROMLIST", onItsWay: true},
		{name: "Android, its own", subject: "ANDROID: igc: x", body: "Text.", says: "ANDROID"},
		{name: "Ubuntu, its own", subject: "UBUNTU: SAUCE: igc: x", body: "Text.", says: "UBUNTU: SAUCE"},
		{name: "Ubuntu, its own for good", subject: "UBUNTU: SAUCE: (no-up) igc: x", body: "Text.", says: "UBUNTU: SAUCE: (no-up)"},

		{name: "a commit in prose", body: "Since\ncommit 0123456789ab\n(\"igc: y\") the ring leaks."},
		{name: "a commit at the top of prose", body: "commit 0123456789ab\n(\"igc: y\") leaks the ring."},
		{name: "the result of a bisection", body: "A bisection says:\n\ncommit " + main + "\nAuthor: Ada <a@x.org>\n\n    igc: y"},
		{name: "prose about an origin", body: "Origin: unknown.\nThe cherry picked from commit is wrong."},
		{name: "a subsystem named android", subject: "android: igc: x", body: "Text."},
	} {
		subject := c.subject
		if subject == "" {
			subject = "igc: x"
		}
		for _, k := range []Kind{Mail, Commit} {
			title := subject
			if k == Mail {
				title = "[PATCH] " + title
			}
			got, _ := Parse(Input{Kind: k, Subject: title, Text: c.body})
			up := Origin{}
			if o := got.Upstream(); o != nil {
				up = *o
			}
			if up.SHA != c.upstream || c.upstream != "" && up.Form != c.form {
				t.Errorf("%s, %s: upstream %q by %q, want %q by %q", c.name, k, up.SHA, up.Form, c.upstream, c.form)
			}
			if c.form == FormStable && (len(got.Origin) == 0 || got.Origin[0].Form != FormStable) {
				t.Errorf("%s, %s: origins %v", c.name, k, got.Origin)
			}
			if got.NotUpstream != c.says || got.OnItsWay != c.onItsWay {
				t.Errorf("%s, %s: says %q, on its way %v; want %q, %v", c.name, k, got.NotUpstream, got.OnItsWay, c.says, c.onItsWay)
			}
			if want := strings.TrimPrefix(subject, c.says+": "); !strings.HasSuffix(got.Subject, "igc: x") || strings.Contains(got.Subject, "SAUCE") {
				t.Errorf("%s, %s: title %q, want %q", c.name, k, got.Subject, want)
			}
		}
	}
}

func TestTitleKey(t *testing.T) {
	for _, same := range [][]string{
		{"igc: Fix a  leak", "IGC: fix a leak.", "UPSTREAM: igc: fix a leak", "BACKPORT: FROMGIT: igc: fix a leak", "UBUNTU: SAUCE: igc: fix a leak"},
		{"ANDROID: binder: x", "binder: x"},
	} {
		for _, title := range same[1:] {
			if TitleKey(title) != TitleKey(same[0]) {
				t.Errorf("%q and %q have different keys", title, same[0])
			}
		}
	}
	for _, other := range []string{"igc: fix a leak of it", "android: igc: fix a leak", "UPSTREAM:", ""} {
		if TitleKey(other) == TitleKey("igc: fix a leak") {
			t.Errorf("%q has the key of another", other)
		}
	}
}
