// Package prereq finds the mainline commits that a branch lacks for a change:
// the smallest ordered set after which the change merges and the names that its
// added lines use exist.
//
// How. A range of mainline (what its tip has and the oldest branch has not) is
// indexed once: for each commit its hunks without context, the names that its
// added lines define, and those they use that an earlier commit of the range
// defines. A question is then a walk from the change back to the base, newest
// commit first, over the commits that touched its files. The lines that the
// change needs are carried back through the hunks of each commit. A commit whose
// hunks neither meet nor touch them can be exchanged with the change, so it is
// no prerequisite; one whose hunks do joins the pile, and from there on its
// lines, in all its files, are carried along too. So the set is closed, in
// mainline's order and free of cycles, and each member cannot be left out
// without a conflict in git's three-way merge. Context that has merely drifted
// never counts. A commit also joins when it is the first to define a name that
// a member uses and the target's tree does not have (macros, functions and
// prototypes, variables, types, enumerators, struct members), or when a stable
// tag names it.
//
// A change that goes onto the target as it is (Target.Fits) is asked about for its
// names and its tags alone: what uses a name that is not there does not build. One
// that mainline does not have (Posted) is walked from where it would go in, by its
// diff against mainline of its day.
//
// What is left out, learnt from the 37 Stable-dep-of groups (62 commits) of
// the branches 5.10, 5.15 and 6.6 of freebsd/drm-kmod, and from the 1,473
// commits that these branches took without such a group:
//
//   - Hunks touch = conflict. With a line between them no longer: with one line
//     of context recall stays .94 and precision falls from .80 to .02. Without
//     touching hunks recall is .47: half of what was taken had to be for them.
//   - A file that was made after the base has no prerequisite in its maker, as
//     long as the change also has hunks in files that the target has: the hunk
//     is dropped (precision .40 to .63, one commit of 62 lost).
//   - Commits over 20 files or 1,200 lines are not taken along (precision to .86).
//   - Nor is a direct prerequisite that stands on more than eight commits: see
//     MaxTaken. Both come in Pile.Beyond instead: adjust by hand.
//   - A commit and its revert leave nothing; a commit without a sign-off belongs
//     to whoever imported the history; two commits with one title are one change.
//   - Names defined in a folder with unreadable headers are not said to be missing.
//
// Sizes that stable took, change and Stable-dep-of commits together, in lines
// with context over the learning groups: half up to 105, .75 up to 297, .90 up
// to 442, .95 up to 700, the largest 1,254 (a table of clock values). Their
// commits: half 1, .90 four, the largest eight. rules.TooBigPile is the .95 quantile.
//
// The figures, those of 6.1 included, stand in README.md; TestGroups prints them.
//
// Limits. A name that the target has anywhere counts as there: a new member
// with a common name, and a function whose arguments changed, are not noticed
// unless lines meet. Definitions are read from hunks by the kernel's layout, not
// by a compiler. What the walk finds is not put together and merged:
// bot/kernel/trees does that before it names a pile. Merges are followed by the files that they made
// anew. The index is written for one base and tip and built anew for another.
package prereq
