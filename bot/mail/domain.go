package mail

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Organisation is the domain of an address that somebody has registered: who has it can
// make up all names below it, and all people in them. A domain whose owner gives names away
// (a host of pages, of changing addresses) is one: anybody has as many there as they like.
func Organisation(address string) string {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	suffix, icann := publicsuffix.PublicSuffix(domain)
	for !icann && strings.Contains(suffix, ".") {
		_, above, _ := strings.Cut(suffix, ".")
		suffix, icann = publicsuffix.PublicSuffix(above)
	}
	own := strings.TrimSuffix(strings.TrimSuffix(domain, suffix), ".")
	if own == "" {
		return domain
	}
	return own[strings.LastIndexByte(own, '.')+1:] + "." + suffix
}

// Public reports whether a domain is one below which anybody registers theirs, such as
// co.uk: who has it is none of them.
func Public(domain string) bool {
	suffix, icann := publicsuffix.PublicSuffix(strings.ToLower(domain))
	return suffix == strings.ToLower(domain) && (icann || !strings.Contains(suffix, "."))
}

// ListHost reports whether the host of an address has mailing lists alone: vger, or one
// that is called lists. Other lists look like people.
func ListHost(address string) bool {
	_, host, _ := strings.Cut(strings.ToLower(address), "@")
	return host == "vger.kernel.org" || strings.HasPrefix(host, "lists.")
}
