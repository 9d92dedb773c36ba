// Package parity sets branches side by side: for each commit that one of them took from
// mainline, whether the others took it, and how much later.
//
// A commit is that of mainline; a branch that began with it has nothing to take. Where a
// branch lacks one, the package asks whether there is anything to mend: a commit whose
// culprits are all known, and none of which is in the branch, is not needed there, nor is one
// for hardware of which the branch has nothing. What cannot be read stays "lacks", with why.
//
// A day is that of the branch's own commit. Where a history was rewritten, its days are those
// of the import and say nothing about when a branch took a commit: then nothing is called late.
package parity
