package mail

import (
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// program names the program that wrote a mail, "" for a person. It goes by
// addresses and header fields; a person who writes of a robot is no robot.
func program(m *Message, returnPath string) string {
	local, domain, _ := strings.Cut(m.From.Address, "@")
	name := strings.ToLower(m.From.Name)
	if strings.TrimSpace(returnPath) == "<>" || strings.HasPrefix(m.contentType, "multipart/report") {
		return "mailer-daemon"
	}
	if unread := Unread(m.From.Address); unread != "" {
		return unread
	}
	switch {
	case strings.HasPrefix(local, "syzbot") && strings.HasSuffix(domain, "syzkaller.appspotmail.com"):
		return "syzbot"
	case name == "kernel test robot", name == "kbuild test robot", m.From.Address == "lkp@intel.com":
		return "kernel test robot"
	case strings.HasPrefix(local, "patchwork"):
		return "patchwork"
	case strings.HasPrefix(local, "bugzilla"):
		return "bugzilla"
	case strings.HasPrefix(local, "tip-bot"):
		return "tip-bot"
	case strings.HasSuffix(local, "-bot"), strings.HasPrefix(local, "bot-"), strings.HasPrefix(local, "bot+"),
		local == "bot", local == "ci_notify", local == "buildbot",
		strings.HasPrefix(local, "jenkins"), strings.HasPrefix(local, "buildbot"):
		return local
	case strings.HasSuffix(name, " bot"), strings.HasSuffix(name, "-bot"), strings.HasSuffix(name, " robot"),
		strings.HasSuffix(name, "[bot]"):
		return name
	}
	// RFC 3834. A Precedence of list or bulk is what list software adds to
	// everybody's mail; auto_reply is what vacation programs say.
	if m.AutoSubmitted != "" {
		return "auto-submitted"
	}
	if m.Precedence == "auto_reply" || m.Precedence == "junk" {
		return "auto-reply"
	}
	return ""
}

// Unread names what stands behind an address that no person reads, by the part before
// the @: a mail system (RFC 2142, RFC 5321), the commands of list software, which a mail
// of ours could obey, or a sender that wants no answer. "" is for all others.
func Unread(address string) string {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	switch local {
	case "mailer-daemon", "postmaster":
		return "mailer-daemon"
	case "majordomo", "listserv", "listproc", "mailman", "sympa", "ezmlm", "mlmmj", "smartlist":
		return "list software"
	case "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply":
		return "no-reply"
	}
	words := strings.FieldsFunc(local, func(r rune) bool { return r == '-' || r == '+' })
	for i, word := range words { // list-request, list+unsubscribe, list-bounces+you=example.org
		switch word {
		case "subscribe", "unsubscribe", "request", "bounce", "bounces", "join", "leave", "confirm", "owner", "help", "nomail":
			if i > 0 {
				return "list software"
			}
		}
	}
	return ""
}

// cutFailed cuts the words off the title of a notice that a patch does not apply.
// Two people write them, one with a capital.
func cutFailed(title string) (rest string, ok bool) {
	const words = `FAILED: patch "`
	if len(title) < len(words) || !strings.EqualFold(title[:len(words)], words) {
		return title, false
	}
	return title[len(words):], true
}

func isFailed(title string) bool { _, ok := cutFailed(title); return ok }

// stableTree reads "6.1-stable tree".
func stableTree(s string) (branch string, ok bool) {
	s, ok = strings.CutSuffix(strings.TrimSpace(s), "-stable tree")
	if !ok {
		return "", false
	}
	branch, n := release.Read(s)
	return branch, n == len(s) && branch != ""
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// isQueueNotice recognises mails that carry a patch only to say what a queue
// or a tree has done with it.
func isQueueNotice(subject, title string) bool {
	switch {
	case strings.HasPrefix(title, `Patch "`):
		return strings.Contains(title, `" has been added to the `)
	case isFailed(title), strings.HasSuffix(title, " removed from -mm tree"):
		return true
	case strings.HasPrefix(title, "+ ") && strings.HasSuffix(title, " branch"):
		return strings.Contains(title, ".patch added to ")
	}
	return strings.HasPrefix(subject, "[tip:")
}
