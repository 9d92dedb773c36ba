package command

import "strings"

// StableTeam are the addresses that decide about stable branches, unless the
// configuration names others: the maintainers of "STABLE BRANCH" in MAINTAINERS.
var StableTeam = []string{"gregkh@linuxfoundation.org", "sashal@kernel.org"}

// Authority is who may decide about files besides the author of a patch.
type Authority struct {
	Allow  []string // whom the bot's owner names
	Stable []string // the stable team
	// Maintains says who maintains all of the files; nil: nobody is known to.
	Maintains func(address string, files []string) bool
}

// May reports whether an address, which somebody else has proven, may decide.
func (a Authority) May(address string, files []string) bool {
	for _, list := range [][]string{a.Allow, a.Stable} {
		for _, one := range list {
			if address != "" && strings.EqualFold(one, address) {
				return true
			}
		}
	}
	return a.Maintains != nil && a.Maintains(address, files)
}
