// Package missing finds the fixes that a branch needs and lacks, one row a fix and branch.
//
// A row is a commit of mainline that came after the branch left it, that the branch has
// not, as itself, as a backport or under another title with the same patch, and that
// rules/verdict calls a fix, or its author asks stable to take. It is judged for the branch
// as everything else is; the row only says in one word what that means here, and what to
// do next. What names culprits of which the branch has none is no row: its bug is not
// there. What names none is a row where the lines that it mends are there, with the word
// doubt.
//
// What people and the stable team said stands above what was judged (Standing): a person's
// done or no first, then what was heard from who is proven to have said it. What is only
// claimed is shown and decides nothing.
package missing
