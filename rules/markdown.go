package rules

import (
	"fmt"
	"io"
	"strings"
)

//go:generate go test -run TestReadme . -update

// Markdown writes the documentation of a suite, which is README.md of this
// folder. The text of each rule comes from its value, so that it cannot lag
// behind.
func Markdown(w io.Writer, suite []*Rule) error {
	b := new(strings.Builder)
	b.WriteString(readmeHead)
	b.WriteString("| rule | asks that |\n|---|---|\n")
	for _, r := range suite {
		fmt.Fprintf(b, "| [%s](#%s) | %s |\n", r.ID, r.ID, cell(r.Title()))
	}
	for _, r := range suite {
		d := parseDoc(r.Doc)
		fmt.Fprintf(b, "\n## %s\n\n**%s**\n\n%s\n\n- met: %s\n- unmet: %s\n- asked by: `%s`, \"%s\": %s\n",
			r.ID, d.Title, d.Why, oneLine(d.Met), oneLine(d.Unmet), r.Ref.File, r.Ref.Section, r.Ref.Says)
	}
	b.WriteString(readmeTail)
	_, err := io.WriteString(w, b.String())
	return err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func cell(s string) string { return strings.ReplaceAll(oneLine(s), "|", `\|`) }

const readmeHead = `<!-- Written by "go generate ./rules" from the rules themselves: edit those. -->
# Rules

A rule is one question to a change. It answers with an outcome, one sentence for
the reader of the reply, the evidence for it, and the numbers behind it. It never
decides: weights are learnt (` + "`rules/model`" + `), the verdict is one policy (` + "`rules/verdict`" + `).

| outcome | means |
|---|---|
| met | the change is as the rule asks |
| unmet | it is not, and something shows it |
| not-applicable | the question does not arise |
| unknown | nothing that is known answers it; also the answer of a rule that failed |

Rules that need a git tree say "no trees are configured" when there is none.

`

const readmeTail = `
# How to add a rule in six steps

1. Write ` + "`rules/<name>.go`" + `, here one that asks whether a fix says on which board it was
   seen. Doc begins with a title, says why, and ends with one example each for met and
   unmet. Ref cites the document; say what it asks in your own words.

       var Board = &Rule{
           ID:  "board",
           Doc: "says on which board it was seen\n\nWhy … \n\nMet: …\nUnmet: …",
           Ref: Ref{stableRules, ruleList, "the change fixes a bug that people meet"},
           Values: []Value{
               {Name: "board.named", Doc: "names a board", Of: func(f *Facts) float64 { return yes(len(f.boards()) > 0) }},
           },
           Run: func(f *Facts) (Finding, error) {
               switch boards := f.boards(); {
               case !f.claimsFix():
                   return notApplicable("does not present itself as a fix")
               case !f.complete():
                   return unknown("there is no diff to look at")
               case len(boards) > 0:
                   return met("seen on "+change.Count(len(boards), "board"), boards...)
               }
               return unmet("names no board")
           },
       }

   Met and unmet weigh by themselves. What is to weigh beside them stands in Values, each
   under a name that no other rule has; a value is read of every change, also where the rule
   is not applicable. Kind says of a rule or a value where it may not be used: a rule that
   is only asked of what calls itself a fix is ` + "`OfClaim`" + `, one that needs trees ` + "`OfTrees`" + `, one
   that reads tags of others ` + "`OfOthers`" + `; ` + "`value.go`" + ` has all of them.
2. Take what you need from ` + "`Facts`" + `: the change, its silicon, its series, the tree.
   ` + "`Words()`" + `, ` + "`Code()`" + ` and ` + "`Tags()`" + ` have read message, diff and trailers already. A sign that
   a second rule could use belongs there, in ` + "`rules/signs`" + `; what your rule alone asks stays in
   its file. What is not known is unknown.
3. List it in ` + "`suite.go`" + `, at its place in the reply.
4. Write at least one case each for met and unmet in
   ` + "`fixtures/rules/<id>/met-*.txtar`" + ` and ` + "`unmet-*.txtar`" + `, with people at example.org and invented
   SHAs. The file name states the outcome, the first line says what the case shows, and
   ` + "`-- mail --`" + ` holds a patch as git format-patch writes it (` + "`fixtures/rules/no-theory`" + ` has some;
   ` + "`-- facts.json --`" + ` beside it gives trees). Leave ` + "`-- want --`" + ` out.
5. Run ` + "`go test ./rules -update`" + `, which writes it, read the reasons as the maintainer
   who will get them, and run ` + "`go generate ./rules`" + `. ` + "`go test ./rules/... ./bot/report`" + ` says
   what else has changed.
6. Let it weigh. A new rule is told from the first day and weighs nothing, as nobody has
   learnt what it is worth. Weights are learnt from the commits of a repository, and from lists
   beside it, by a command of [bot/evaluate](../bot/evaluate/README.md#learning-from-your-own-tree), which
   has one for a tree of yours, the one for the embedded file, and one that needs no table, only a
   clone of github.com/freebsd/drm-kmod, and ends within a minute. Learn twice from the
   same data, once without your line in ` + "`suite.go`" + `: only then is the rule what differs. Judge
   the same patches with both files,

       stablebot classify --weights with.json --json *.patch

   whose ` + "`contributions`" + ` are what each value adds. ` + "`heads`" + ` of a weights file has all that has a
   weight; what is not there was learnt to be worth nothing.
`
