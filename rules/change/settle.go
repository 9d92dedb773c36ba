package change

import (
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/rules/release"
)

// Settle decides what one bare release in the brackets, "5.14", stands for on the
// day of the mail. Before that release is out nothing can be sent for its stable
// branch: the patch is for the release itself, and Coming names it. While it is
// the newest, either may be meant; asks says that the mail asks stable. The zero
// day settles nothing.
func (p *Prefix) Settle(day time.Time, asks bool) {
	if !p.Bare || len(p.Trees) != 1 || p.AutoSel || p.AndUp || day.IsZero() || slices.ContainsFunc(p.Words, ofStable) {
		return
	}
	switch release.On(p.Trees[0], day) {
	case release.Coming:
	case release.Newest:
		if asks {
			return
		}
	default:
		return
	}
	p.Coming, p.Trees, p.Bare = p.Trees[0], nil, false
}

// ofStable tells the words that make a stable branch of the release beside them.
func ofStable(word string) bool {
	return strings.Contains(word, "stable") || strings.Contains(word, "backport") || strings.Contains(word, "lts") || word == "sru" || word == "queue"
}

// AsksStable reports whether a list or alias of the stable team is among addresses.
func AsksStable(addresses ...string) bool {
	return slices.ContainsFunc(addresses, func(a string) bool {
		return strings.HasPrefix(a, "stable@") && strings.HasSuffix(a, "kernel.org") || strings.HasPrefix(a, "stable-commits@")
	})
}
