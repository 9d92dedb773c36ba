package export

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
)

// Request is an option-2 mail of stable-kernel-rules.rst: it asks the stable team
// to pick a mainline commit as it is, and carries no patch.
type Request struct {
	ID, Title string
	Branches  []Branch // newest first
	Why       []string // sentences, in our words
	Who       Identity
	// Newer are active branches that need it too and are not asked for here.
	Newer []string
}

// Ask makes the request after the commit was seen to apply, with git am, to the
// tip of each branch.
func Ask(ctx context.Context, mainline *git.Repo, id string, branches []Branch, why []string, who Identity, o git.Options) (*Request, error) {
	commit, err := mainline.Commit(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := fit(commit); err != nil {
		return nil, err
	}
	for _, br := range branches {
		if err := asItIs(ctx, mainline, commit, br, o); err != nil {
			return nil, err
		}
	}
	return &Request{ID: commit.ID, Title: commit.Title(), Branches: branches, Why: why, Who: who}, nil
}

func asItIs(ctx context.Context, mainline *git.Repo, c *git.Commit, br Branch, o git.Options) error {
	clone, err := git.NewClone(ctx, o, mainline, br.Repo)
	if err != nil {
		return err
	}
	defer func() { _ = clone.Close() }()
	b := &bench{clone}
	mail, err := b.Do(ctx, git.Call{Doing: "writing the commit as a mail", Args: []string{"format-patch", "--stdout", "--no-renames", "--full-index", "-1", c.ID}})
	if err != nil {
		return err
	}
	there, err := b.diff(ctx, c.Parents[0], c.ID)
	if err != nil {
		return err
	}
	paths := map[string]bool{}
	for _, f := range there {
		paths[nameOf(f)] = true
	}
	if _, err := b.verify(ctx, br.Tip, "", []file{{name: "request.patch", data: mail}}, paths); err != nil {
		return fmt.Errorf("asking for %.12s in %s: %w; nothing is written", c.ID, br.Tree(), err)
	}
	return nil
}

// Mail is the mail, without a date and an id, which a mail program gives it.
func (r *Request) Mail() []byte {
	var b bytes.Buffer
	if r.Who.Known() {
		fmt.Fprintf(&b, "From: %s <%s>\n", mime.QEncoding.Encode("utf-8", r.Who.Name), r.Who.Email)
	}
	var trees []string
	for _, br := range r.Branches {
		trees = append(trees, br.Tree())
	}
	title := change.Plain(r.Title)
	subject := fmt.Sprintf("please apply %q to %s", title, and(trees))
	fmt.Fprintf(&b, "To: %s\nSubject: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
		StableList, encode(subject))
	fmt.Fprintf(&b, "Please pick this commit, which is in mainline:\n\n    commit:   %s\n    subject:  %s\n    for:      %s\n\nWhy:\n", r.ID, title, strings.Join(trees, ", "))
	for _, w := range r.Why {
		b.WriteString(wrap("- "+change.Plain(w), 72, "  ") + "\n")
	}
	b.WriteByte('\n')
	var tips []string
	for _, br := range r.Branches {
		tips = append(tips, fmt.Sprintf("%s (at %.12s)", br.Tree(), br.Tip))
	}
	b.WriteString(wrap("It applies as it is, tried with git am on "+and(tips)+".", 72, "") + "\n")
	if len(r.Newer) > 0 {
		b.WriteString("\n" + wrap("Needed in "+and(r.Newer)+" too, where it does not apply as it is; a backport for it has to come before this one.", 72, "") + "\n")
	}
	if r.Who.Known() {
		fmt.Fprintf(&b, "\n-- \n%s\n", r.Who.Name)
	}
	return b.Bytes()
}

func encode(s string) string {
	for _, r := range s {
		if r < ' ' || r >= utf8.RuneSelf {
			return mime.QEncoding.Encode("utf-8", s)
		}
	}
	return s
}

func and(in []string) string {
	if len(in) < 2 {
		return strings.Join(in, "")
	}
	return strings.Join(in[:len(in)-1], ", ") + " and " + in[len(in)-1]
}

// wrap breaks at spaces; lines after the first begin with the indent.
func wrap(s string, width int, indent string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(s) {
		l := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case n+1+l > width:
			b.WriteString("\n" + indent)
			n = len(indent)
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += l
	}
	return b.String()
}

// Write puts the mail into a folder.
func (r *Request) Write(dir string) error {
	return writeFiles(dir, []file{{name: "request.eml", data: r.Mail()}})
}
