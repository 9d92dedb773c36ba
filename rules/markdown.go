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

1. Write ` + "`rules/<name>.go`" + ` with one value ` + "`var Name = &Rule{ID, Doc, Ref, Run}`" + `. Doc begins with a
   title, says why, and ends with one example each for met and unmet. Ref cites
   the document; say what it asks in your own words. What is to weigh beside the outcome
   itself is declared in Values, each a name that no other rule has, and a function.
2. Take what you need from ` + "`Facts`" + `: the change, its silicon, its series, the tree.
   ` + "`Words()`" + `, ` + "`Code()`" + ` and ` + "`Tags()`" + ` have read message, diff and trailers already; if a sign is
   missing there, add it there, not in the rule. What is not known is unknown.
3. List it in ` + "`suite.go`" + `, at its place in the reply.
4. Write at least one case each for met and unmet in
   ` + "`fixtures/rules/<id>/met-*.txtar`" + ` and ` + "`unmet-*.txtar`" + `, with people at example.org and invented
   SHAs. The file name states the outcome, the comment says what the case shows.
5. Run ` + "`go test ./rules -update`" + `, read the reasons that it wrote as the maintainer
   who will get them, and run ` + "`go generate ./rules`" + `.
6. Let it weigh. A new rule is told from the first day and weighs nothing, as nobody has
   learnt what it is worth: build the program, learn from a tree of yours or from the public
   one by the command in [bot/evaluate](../bot/evaluate/README.md#learning-from-your-own-tree), and judge
   with the file that it writes, ` + "`classify --weights FILE`" + `. With ` + "`--json`" + ` its ` + "`contributions`" + ` are what each value adds.
`
