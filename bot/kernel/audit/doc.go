// Package audit asks of commits that were selected for a stable branch whether they are
// sound there. Each is read at its parent; README.md lists what can be found.
//
// Promises:
//
//   - A finding names a commit, a function or a line.
//   - What could not be read is told as not checked; it is no finding, and no commit
//     is called sound for it.
//   - What no tag says is no finding: "no stable tag", "no Fixes:", "looks like a
//     clean-up".
//   - Nothing is written to a repository of the user's.
package audit
