// Package series puts mails back together into what their authors posted: the
// members of a series, its versions, and what the thread says of it.
//
// Keys and invariants:
//
//   - Key is the identity of one posting, that is of one version of one series.
//     It is computed from any member alone, in any order of arrival, and never
//     from the cover letter, so a cover letter that comes late, or not at all,
//     changes no key. See Key for the derivation.
//   - Versions of one series are connected by what they have in common (see
//     index.go), not by a key: nothing in a second version has to point at the
//     first.
//   - A Note is all that is kept of a mail, a few hundred bytes. An Index is
//     rebuilt from notes alone, in whatever order they come, and then gives the
//     same answers.
//   - What programs write gives no trailers and declines nothing.
package series

import (
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

// Key identifies the posting that a patch or a cover letter belongs to; "" for
// all other mails.
//
// A patch without numbers is a posting of its own: its key is its Message-ID.
// The members of a numbered series share
//
//   - what sent them: git send-email, git format-patch --thread and b4 put one
//     string, common to all mails of one run, into every Message-ID. It is never
//     used twice, so it and the number of patches are the whole key, even if the
//     author gives each patch a version of its own;
//   - without such an id, the message at the root of the thread, which for the
//     first mail of a thread is itself, and the sender, the version and the
//     number of patches, since several series may hang below one root, as
//     second versions sent in reply to the first do.
func Key(m *mail.Message) string {
	if !m.IsPatch && m.NoPatch != mail.Cover {
		return ""
	}
	_, of := numbers(m)
	base, run := base(m.ID, m.InReplyTo, m.References, of)
	switch {
	case of == 0:
		return base
	case run:
		return base + " " + strconv.Itoa(of)
	}
	return strings.Join([]string{base, m.From.Address, "v" + strconv.Itoa(m.Prefix.Version), strconv.Itoa(of)}, " ")
}

// numbers are those in the subject of a patch. One that its series does not have,
// "3/2", stands for itself.
func numbers(m *mail.Message) (n, of int) {
	if n, of = m.Prefix.N, m.Prefix.Of; n > of && (m.IsPatch || m.NoPatch == mail.Cover) {
		return 0, 0
	}
	return n, of
}

// base is the first part of a key; run reports whether it came from the form
// of the Message-ID.
func base(id, parent string, references []string, of int) (base string, run bool) {
	if of == 0 {
		return id, false
	}
	if r := runOf(id); r != "" {
		return r, true
	}
	if len(references) > 0 {
		return references[0], false
	}
	if parent != "" {
		return parent, false
	}
	return id, false
}

// runOf returns what the Message-IDs of one run of a sending program have in
// common, "" when the id has no known form:
//
//	20260120191906.12345-3-jane@example.org          git send-email
//	cover.1768932628.git.jane@example.org            git format-patch --thread
//	0123…cdef.1768932628.git.jane@example.org
//	20260120-topic-v2-3-0123456789ab@example.org     b4
//	1768932628-12345-3-git-send-email-jane@example.org   git before 2.17
func runOf(id string) string {
	local, domain, ok := strings.Cut(id, "@")
	if !ok {
		return ""
	}
	if stamp, user, ok := strings.Cut(local, ".git."); ok {
		head, time, ok := cutLast(stamp, '.')
		if ok && digits(time) && (head == "cover" || len(head) == 40 && hexadecimal(head)) {
			return time + ".git." + user + "@" + domain
		}
	}
	head, rest, ok := strings.Cut(local, "-")
	if !ok {
		return ""
	}
	if stamp, pid, ok := strings.Cut(head, "."); ok && len(stamp) == 14 && digits(stamp) && digits(pid) {
		if n, user, ok := strings.Cut(rest, "-"); ok && digits(n) {
			return head + "-" + user + "@" + domain
		}
	}
	if digits(head) && strings.Contains(rest, "-git-send-email-") {
		pid, tail, _ := strings.Cut(rest, "-")
		n, user, ok := strings.Cut(tail, "-")
		if ok && digits(pid) && digits(n) {
			return head + "-" + pid + "-" + user + "@" + domain
		}
	}
	if topic, version, hash, ok := b4(local); ok {
		return topic + "-v" + version + "-" + hash + "@" + domain
	}
	return ""
}

// b4 takes apart the local part of an id that b4 made.
func b4(local string) (topic, version, hash string, ok bool) {
	rest, hash, ok := cutLast(local, '-')
	if !ok || len(hash) != 12 || !hexadecimal(hash) {
		return "", "", "", false
	}
	rest, n, ok := cutLast(rest, '-')
	if !ok || !digits(n) {
		return "", "", "", false
	}
	topic, version, ok = cutLast(rest, '-')
	if !ok || len(version) < 2 || version[0] != 'v' || !digits(version[1:]) || len(topic) < 10 || !digits(topic[:8]) {
		return "", "", "", false
	}
	return topic, version[1:], hash, true
}

// topicOf is what the ids of all versions of one b4 series have in common.
func topicOf(id string) string {
	local, domain, _ := strings.Cut(id, "@")
	topic, _, _, ok := b4(local)
	if !ok {
		return ""
	}
	return topic + "@" + domain
}

// Submission reports whether a mail is itself addressed to stable branches, by
// its subject, by the stable team's review mark or by an upstream mark, and
// names the branches that it says: such a mail is judged for them and never
// answered.
func Submission(m *mail.Message) (branches []string, ok bool) {
	p := m.Prefix
	if p.AutoSel || len(p.Trees) > 0 || m.StableReview {
		return p.Trees, true
	}
	if m.Change != nil {
		for _, o := range m.Change.Origin {
			if o.Form == change.FormUpstream {
				return nil, true
			}
		}
	}
	return nil, false
}

// samePerson compares addresses without their +tags, and names.
func samePerson(a, b change.Person) bool {
	if a.Address != "" && plainAddress(a.Address) == plainAddress(b.Address) {
		return true
	}
	return a.Name != "" && strings.EqualFold(a.Name, b.Name)
}

func plainAddress(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok {
		return s
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
