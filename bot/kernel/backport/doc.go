// Package backport puts a change into a branch where its patch does not apply: the ladder
// of DESIGN §3 "Backports".
//
// Each edit of the change, a run of lines that it takes away and puts in, climbs by
// itself; a rung is tried when the ones before fail:
//
//	three-way  its lines, and the ones beside them, stand there as in mainline
//	newer      the backport that a newer branch carries goes in so
//	moved      the file, or the function, stands under another path
//	context    the lines around it differ; what it takes away, or stands beside, is there
//	           once in the same function
//	woven      fix and branch changed other words of the same lines
//	renamed    the branch says with its own names what mainline says with others: the
//	           names are learnt from the lines that say the same in both
//	dropped    the branch has no such code; what is left out is named
//
// Promises:
//
//   - An edit above three-way has a proof: what was matched, and where.
//   - Every name that is put in is known to the branch if mainline knows it, in the file or
//     in a header, and is called with as many arguments as the branch declares; otherwise
//     nothing is proposed and the name is told.
//   - Where a place is only likely, or an edit is left out, the result says so.
//   - What no rung solves is refused, and InWay names the commit that stands in its way.
//   - Nothing is written. A person has to look at what comes out.
//
// Measured on the backports of freebsd/drm-kmod whose patch is not mainline's, each onto
// its own parent, by
//
//	STABLEBOT_DRM_KMOD=path STABLEBOT_PEER_DIR=/tmp/peer go test -tags measure -v \
//	    -timeout 90m -run TestAdjusted ./bot/kernel/backport
//
// equal to what a person made, blanks and comments aside, in all files that either
// touches; 6.1 was not learnt from. "As Linux" leaves out what that repository has for
// FreeBSD. What a newer branch carries counts as known: without it the first version of
// the ladder, which had no names to check and renamed nothing, had 365 of 496.
//
//	        of  proposed  equal          as Linux
//	5.10    93        79     71  76.3 %        78
//	5.15   190       177    154  81.1 %       167
//	6.6     53        52     43  81.1 %        43
//	6.1    160       146    123  76.9 %       128
//	all    496       454    391  78.8 %       416
//
// By the last rung that a change took, equal of those it was the last for: three-way 220
// of 265, newer 51 of 53, moved 35 of 36, context 57 of 77, woven 6 of 12, renamed 9 of
// 16, dropped 13 of 34.
//
// Proposed without a doubt and other than the person's as Linux: 16 of 454 (3.5 %); 6 of
// the 16 in 6.1. All were read:
//
//   - six do the same: the order of a struct's members, brackets, a variable that is left,
//     a macro's guard, a logger that is not used
//   - three are wrong in the branch: a statement twice, the wrong flag, half of the fix lost
//   - three are of FreeBSD's own headers
//   - four are wrong here (0.9 %): a condition that stays in the branch, a header that was
//     not included (doubted since), a check that stood elsewhere already, and the wrong flag
//     again, carried from 6.6
//
// Of the 76 edits that were refused, or lack a name, the commit in the way is named for
// all. The 51 of the branches that were learnt from were read: 48 are right. What is wrong:
// a register that only the headers of registers define, and two functions that the branch
// had already, for which a later commit is named.
package backport

import word "github.com/stablebot/stablebot/rules/tree"

// Rung is how an edit went into a branch.
type Rung int

// The rungs, in the order in which they are tried.
const (
	None Rung = iota
	Exact
	ThreeWay
	Newer
	Moved
	Context
	Woven
	Renamed
	Dropped
)

var rungs = [...]string{"none", "exact", string(word.ThreeWay), "newer", "moved", "context", "woven", "renamed", "dropped"}

func (r Rung) String() string { return rungs[r] }
