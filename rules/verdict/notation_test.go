package verdict

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// A case of the scoreboard is written in a notation that leaves out what a
// reader does not need; fixtures/scoreboard/README.md describes it. Here it
// becomes the mail or commit that it stands for.

const scoreboard = "../../fixtures/scoreboard"

// boardCase is one case of the scoreboard.
type boardCase struct {
	id      string // file/section
	fate    string
	class   Class  // of a vendor-only case: the reason that a maintainer would give
	models  string // the real kind of change that it stands for
	input   change.Input
	unsaid  bool // it is about a missing sign-off
	series  *rules.Series
	tree    *rules.Tree // nil: the case has no facts about trees
	message string      // as written, to find copies
}

// fates are what can become of a change, and whether stable took it.
var fates = map[string]bool{
	"taken":        true,
	"waited":       true,  // taken later, as its author had asked
	"not-taken":    false, // in mainline alone
	"vendor-only":  false, // a fix that users of older kernels got from the vendor's package
	"declined":     false, // a maintainer said no
	"never-needed": false, // its bug was never in a release, or its hardware was never sold
}

// people of the cases; a case picks them by its name.
var people = []string{
	"Ada Okafor <ada@example.org>", "Bela Novak <bela@gpu.example.com>", "Chen Yu <chen.yu@example.com>", "Dora Lind <dora@example.org>",
	"Emil Haas <emil@net.example.com>", "Farah Aziz <farah@gpu.example.com>", "Gita Rao <gita.rao@example.com>", "Hugo Brandt <hugo@wifi.example.org>",
}

func sum(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // never fails
	}
	return h.Sum64()
}

func sha(parts ...string) string { return fmt.Sprintf("%016x", sum(parts...)*0x9e3779b97f4a7c15)[:12] }

func readBoard(t testing.TB) []boardCase {
	t.Helper()
	paths, err := filepath.Glob(scoreboard + "/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s (%v)", scoreboard, err)
	}
	var out []boardCase
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(raw).Files {
			id := strings.TrimSuffix(filepath.Base(p), ".txtar") + "/" + f.Name
			c, err := parseCase(id, string(f.Data))
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			out = append(out, c)
		}
	}
	return out
}

// parseCase reads the header fields, the message, and the diff.
func parseCase(id, text string) (boardCase, error) {
	c := boardCase{id: id}
	head, rest, _ := strings.Cut(text, "\n\n")
	message, diff, found := strings.Cut("\n"+rest, "\n@")
	if !found {
		return c, fmt.Errorf("no line begins with @, so there is no diff")
	}
	if i := strings.LastIndexByte(message, '\n'); strings.HasPrefix(message[i+1:], "* ") { // a block of whole hunks
		message, diff = message[:i], message[i+1:]+"\n@"+diff
	} else {
		diff = "@" + diff
	}
	message = strings.TrimSpace(message)
	c.message = message
	person := func(n int) string { return people[(sum(id)+uint64(n))%uint64(len(people))] }
	author, version, in := person(0), "", &c.input
	in.ID, in.Kind = id, change.Commit
	var above, below, last []string // trailers: culprits and reports, the sign-off and reviews, the committer's
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "fate":
			c.fate = value
		case "class":
			c.class = Class(value)
		case "models":
			c.models = value
		case "subject":
			in.Subject = value
			if strings.HasPrefix(value, "[") {
				in.Kind = change.Mail
			}
		case "fixes":
			above = append(above, fmt.Sprintf("Fixes: %s (%q)", sha(value), value))
		case "bug":
			above = append(above, fmt.Sprintf("Closes: https://gitlab.example.org/%s/-/issues/%d", value, 1000+sum(id)%3000))
		case "reported":
			if value == "" {
				value = person(5)
			}
			above = append(above, "Reported-by: "+value)
		case "stable":
			tag := "Cc: stable@vger.kernel.org"
			if value != "" {
				tag += " # " + value
			}
			below = append(below, tag)
		case "with":
			for i, w := range strings.Fields(value) {
				switch w {
				case "reviewed":
					below = append(below, "Reviewed-by: "+person(1+i%2))
				case "acked":
					below = append(below, "Acked-by: "+person(3))
				case "tested":
					below = append(below, "Tested-by: "+person(4))
				case "cc":
					below = append(below, "Cc: "+person(6), "Cc: "+person(7))
				case "picked":
					last = append(last, "(cherry picked from commit "+strings.Repeat(sha(id, "picked"), 4)[:40]+")")
				case "committer":
					last = append(last, "Signed-off-by: "+person(2))
				default:
					return c, fmt.Errorf("with: unknown word %q", w)
				}
			}
		case "noautosel":
			below = append(below, "Cc: stable+noautosel@kernel.org # "+value)
		case "mainline", "culprit", "vendor", "branch":
			if err := c.fact(key, value); err != nil {
				return c, err
			}
		case "sign":
			c.unsaid = value == "no"
		case "version":
			version = value
		case "arrived", "declined":
			if c.series == nil {
				c.series = &rules.Series{Version: 1}
			}
			if key == "declined" {
				c.series.Declined, c.series.Rejected = []rules.Evidence{{Text: value}}, strings.Contains(value, "NAK") && !strings.Contains(value, "stable")
				continue
			}
			_, err := fmt.Sscanf(value, "%d of %d", &c.series.Have, &c.series.Of)
			if err != nil {
				return c, fmt.Errorf("arrived: %q is not like \"2 of 4\"", value)
			}
		default:
			return c, fmt.Errorf("unknown field %q", key)
		}
	}
	if !c.unsaid {
		below = append([]string{"Signed-off-by: " + author}, below...)
	}
	if c.tree != nil && len(c.tree.Branches) == 0 && !c.tree.VendorHas {
		return c, fmt.Errorf("facts about trees without a branch")
	}
	in.Author = change.ParsePerson(author)
	trailers := strings.Join(append(append(above, below...), last...), "\n")
	patch, err := expandDiff(id, diff)
	if err != nil {
		return c, err
	}
	in.Text = message + "\n\n" + trailers + "\n"
	if message == "" {
		in.Text = trailers + "\n"
	}
	if in.Kind == change.Mail {
		in.Text += "---\n" + version + "\n" + patch + "-- \n2.45.2\n"
	} else {
		in.Diff = patch
	}
	return c, nil
}

// fact reads one line of what trees say of a case.
func (c *boardCase) fact(key, value string) error {
	if c.tree == nil {
		c.tree = &rules.Tree{}
	}
	t, words := c.tree, strings.Fields(value)
	if len(words) == 0 {
		return fmt.Errorf("%s is empty", key)
	}
	switch key {
	case "mainline":
		t.Mainline.Known = true
		if value != "no" {
			t.Mainline.Has, t.Mainline.SHA, t.Mainline.How = true, sha(c.id, "mainline"), "subject"
			if value != "next" {
				t.Mainline.Release = value
			}
		}
	case "culprit": // 6.8 in 6.12 6.6
		x := rules.Culprit{Resolved: true, SHA: sha(c.id, "culprit"), Cycles: -1}
		if words[0] != "unreleased" {
			x.Release = words[0]
		}
		if len(words) > 1 {
			if words[1] != "in" {
				return fmt.Errorf("culprit: %q is not like \"6.8 in 6.12 6.6\"", value)
			}
			x.Branches = words[2:]
		}
		t.Culprits = append(t.Culprits, x)
	case "vendor":
		t.VendorHas = true
		switch value {
		case "has":
		case "alone": // with files that mainline has not
			t.Mainline.Known = true
			t.Last = rules.Base{Known: true, Files: 1}
		default:
			return fmt.Errorf("vendor: %q is neither \"has\" nor \"alone\"", value)
		}
		t.Vendors = []rules.Vendor{{Name: "vendor", Has: true}}
	case "branch":
		b, err := branchFact(words)
		if err != nil {
			return err
		}
		t.Branches = append(t.Branches, b)
	}
	return nil
}

// branchFact reads "6.12 affected needs-prerequisites pile 812 enabling 2".
func branchFact(words []string) (rules.Branch, error) {
	if len(words) < 2 {
		return rules.Branch{}, fmt.Errorf("branch: %q lacks its state", words)
	}
	b := rules.Branch{Name: words[0], Active: true, State: State(words[1]), Applies: NotTried}
	some := func(n int) (out []string) {
		for i := range n {
			out = append(out, sha(b.Name, strconv.Itoa(i)))
		}
		return out
	}
	for i := 2; i < len(words); i++ {
		n := 0
		switch w := words[i]; w {
		case "pile", "enabling", "first":
			if i+1 < len(words) {
				n, _ = strconv.Atoi(words[i+1])
			}
			if n < 1 {
				return b, fmt.Errorf("branch: %s needs a number", w)
			}
			i++
			switch w {
			case "pile":
				b.PileLines = n
			case "enabling":
				b.Enabling = some(n)
			default:
				b.Prerequisites = some(n)
			}
		case "more":
			b.PileMore = true
		case "newer":
			b.NoBase = NewHardware
		case "later":
			b.NoBase = LaterCode
		case "no-files":
			b.NoBase = NoFiles
		case "exact", "offset", "three-way", "needs-prerequisites", "adapted", "needs-backport":
			b.Applies = Applies(w)
		default:
			return b, fmt.Errorf("branch: unknown word %q", w)
		}
	}
	if !slices.Contains(States, b.State) {
		return b, fmt.Errorf("branch: %q is no state", b.State)
	}
	return b, nil
}

// repeat writes out the blocks between "* N" and "*": %d counts from 0, %x
// gives a number that looks like a register value.
func repeat(text string) (string, error) {
	var out, block strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		mark, count, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case mark == "*" && count != "":
			v, err := strconv.Atoi(count)
			if err != nil || v < 2 || n > 0 {
				return "", fmt.Errorf("line %q opens no block of two or more", line)
			}
			n = v
		case mark == "*":
			for i := range n {
				x := fmt.Sprintf("%04x", uint16(sum(block.String(), strconv.Itoa(i))))
				out.WriteString(strings.NewReplacer("%d", strconv.Itoa(i), "%x", x).Replace(block.String()))
			}
			block.Reset()
			n = 0
		case n > 0:
			block.WriteString(line)
		default:
			out.WriteString(line)
		}
	}
	if n > 0 {
		return "", fmt.Errorf("a block is not closed by a line \"*\"")
	}
	return out.String(), nil
}

// What stands around a hunk of C or Rust that shows less than three lines: in a
// function, and between functions.
var (
	inside  = [2][]string{{" {", " \tint ret = 0;", " "}, {" ", " \treturn ret;", " }"}}
	between = [2][]string{{" \treturn 0;", " }", " "}, {" static int demo_unchanged(void)", " {", " \treturn 0;"}}
)

// expandDiff makes a git diff. Each hunk is "@ path | function" and its lines.
func expandDiff(id, text string) (string, error) {
	text, err := repeat(text)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	last, at, shift := "", 0, 0
	for _, part := range strings.Split("\n"+strings.TrimSuffix(text, "\n"), "\n@")[1:] {
		head, rest, _ := strings.Cut(part, "\n")
		how, head, _ := strings.Cut(head, " ")
		path, function, _ := strings.Cut(head, " | ")
		if rest == "" {
			return "", fmt.Errorf("the hunk of %s is empty", path)
		}
		lines := strings.Split(rest, "\n")
		if path != last {
			at, shift = 30+int(sum(id, path)%900), 0
			old, now := "a/"+path, "b/"+path
			fmt.Fprintf(&out, "diff --git %s %s\n", old, now)
			switch how {
			case "new":
				out.WriteString("new file mode 100644\n")
				old = "/dev/null"
			case "del":
				out.WriteString("deleted file mode 100644\n")
				now = "/dev/null"
			case "top":
				at = 1
			case "":
			default:
				return "", fmt.Errorf("@%s is no kind of hunk", how)
			}
			fmt.Fprintf(&out, "--- %s\n+++ %s\n", old, now)
		}
		last = path
		if how == "" && (strings.HasSuffix(path, ".c") || strings.HasSuffix(path, ".rs")) {
			lines = pad(lines)
		}
		added, removed, context := 0, 0, 0
		for i, l := range lines {
			if l == "" {
				lines[i], l = " ", " "
			}
			switch l[0] {
			case '+':
				added++
			case '-':
				removed++
			case ' ':
				context++
			default:
				return "", fmt.Errorf("%s: line %q is none of a hunk", path, l)
			}
		}
		from, to := at, at+shift
		switch how {
		case "new":
			from, to = 0, 1
		case "del":
			from, to = 1, 0
		}
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@", from, context+removed, to, context+added)
		if function != "" {
			out.WriteString(" " + function)
		}
		out.WriteString("\n" + strings.Join(lines, "\n") + "\n")
		at += context + removed + 20 + int(sum(id, part)%60)
		shift += added - removed
	}
	return out.String(), nil
}

// around counts the context lines before and after the changed ones.
func around(lines []string) (before, after int) {
	same := func(l string) bool { return l == "" || l[0] == ' ' }
	for before < len(lines) && same(lines[before]) {
		before++
	}
	for after < len(lines)-before && same(lines[len(lines)-1-after]) {
		after++
	}
	return before, after
}

func pad(lines []string) []string {
	before, after := around(lines)
	more := inside
	if first := lines[before:]; len(first) > 0 && len(first[0]) > 1 && first[0][1] > ' ' {
		more = between
	}
	var out []string
	if before < len(more[0]) {
		out = append(out, more[0][before:]...)
	}
	out = append(out, lines...)
	if after < len(more[1]) {
		out = append(out, more[1][:len(more[1])-after]...)
	}
	return out
}
