package mail

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// A relay of kernel.org posts patches for those whose own mail servers spoil them, as
// "Jane via B4 Relay <devnull+jane.example.org@kernel.org>": that address has the
// author's in it, with a dot for the at sign, and nobody reads it.
const relayLocal, relayDomain = "devnull+", "@kernel.org"

// Relayed reports whether a mail was posted by that relay for its author.
func (m *Message) Relayed() bool {
	return strings.HasPrefix(m.From.Address, relayLocal) && strings.HasSuffix(m.From.Address, relayDomain)
}

// RelayedFor reports whether the relay's address says that a mail is address's.
func (m *Message) RelayedFor(address string) bool {
	coded := strings.TrimSuffix(strings.TrimPrefix(m.From.Address, relayLocal), relayDomain)
	return m.Relayed() && strings.Count(address, "@") == 1 && strings.EqualFold(strings.Replace(address, "@", ".", 1), coded)
}

// Poster is who wrote a mail. Of a relayed one it is whom the relay's address and a
// second place name alike: the From line in the body of a patch of its posting, or
// Reply-To. Places that name two people, and none that agrees with the relay, leave the
// relay's own address: known is false.
func (m *Message) Poster(posting ...*Message) (who change.Person, known bool) {
	if !m.Relayed() {
		return m.From, m.From.Address != ""
	}
	said := m.ReplyTo
	for _, p := range append([]*Message{m}, posting...) {
		if p.Change != nil && !strings.EqualFold(p.Change.Author.Address, m.From.Address) {
			said = append(said[:len(said):len(said)], p.Change.Author)
		}
	}
	for _, p := range said {
		switch {
		case !m.RelayedFor(p.Address):
		case known && !strings.EqualFold(who.Address, p.Address):
			return m.From, false
		default:
			if p.Name == "" {
				p.Name, _, _ = strings.Cut(m.From.Name, " via ")
			}
			who, known = p, true
		}
	}
	if !known {
		return m.From, false
	}
	return who, true
}
