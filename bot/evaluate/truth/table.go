package truth

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// TableFormat is the form of a table, for help texts.
const TableFormat = `A table has one change a line, in fields separated by tabs; lines that begin
with # are comments; the file may be gzipped.
  COMMIT   RELEASE  1|0  [stable releases]   first mainline release, taken or not
  COMMIT   1|0
  SUBJECT  RELEASE  1|0  [stable releases]
  SUBJECT  1|0
  SUBJECT  stable releases                   taken; subjects that are not there were not
COMMIT is a full SHA, releases are separated by commas.`

// Table is a table of labels.
type Table struct {
	Name string
	// IDs are the commits of the table in its order; empty for one of subjects.
	IDs []string

	byID      map[string]Label
	bySubject map[string]Label
	byWords   map[string][]string // what a title says behind its prefixes → titles
	// closed: only taken subjects are listed, so what is not listed was not taken.
	closed bool
}

// OpenTable reads a table from a file.
func OpenTable(path string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a truth table: %w", err)
	}
	defer func() { _ = f.Close() }()
	return ReadTable(f, path)
}

// ReadTable reads a table, gzipped or not; name is for errors.
func ReadTable(r io.Reader, name string) (*Table, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("truth table %s: %w", name, err)
		}
		in = bufio.NewReaderSize(z, 64<<10)
	}
	t := &Table{Name: name, byID: map[string]Label{}, bySubject: map[string]Label{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	open := false
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		id, l, listed, err := row(line)
		if err != nil {
			return nil, fmt.Errorf("truth table %s, line %d: %w", name, n, err)
		}
		if isSHA(id) {
			if _, twice := t.byID[id]; !twice {
				t.IDs = append(t.IDs, id)
			}
			t.byID[id] = join(t.byID[id], l)
			continue
		}
		id = change.FoldTitle(id)
		t.bySubject[id] = join(t.bySubject[id], l)
		if listed {
			t.closed = true
		} else {
			open = true
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("truth table %s: %w", name, err)
	}
	if len(t.byID)+len(t.bySubject) == 0 {
		return nil, fmt.Errorf("truth table %s: no change is in it", name)
	}
	t.byWords = map[string][]string{}
	for title := range t.bySubject {
		if _, words := apart(title); words != "" {
			t.byWords[words] = append(t.byWords[words], title)
		}
	}
	if t.closed && open {
		return nil, fmt.Errorf("truth table %s: some lines list taken subjects only, others say 0 or 1; use one form", name)
	}
	return t, nil
}

// row takes a line apart; listed says that the line has no 0 or 1 and so means
// taken.
func row(line string) (id string, l Label, listed bool, err error) {
	f := strings.Split(line, "\t")
	l = Label{Known: true, How: "table"}
	var flag, in string
	switch {
	case len(f) >= 3:
		l.Release, flag = strings.TrimSpace(f[1]), f[2]
		if len(f) > 3 {
			in = f[3]
		}
	case len(f) == 2 && (f[1] == "0" || f[1] == "1"):
		flag = f[1]
	case len(f) == 2 && f[1] != "":
		flag, in, listed = "1", f[1], true
	default:
		return "", l, false, errors.New("not two to four fields separated by tabs")
	}
	if flag != "0" && flag != "1" {
		return "", l, false, fmt.Errorf("%.20q is neither 1 (taken) nor 0", flag)
	}
	if strings.TrimSpace(f[0]) == "" {
		return "", l, false, errors.New("the first field, a commit or a subject, is empty")
	}
	l.Taken = flag == "1"
	for s := range strings.SplitSeq(in, ",") {
		if s = strings.TrimSpace(s); s != "" {
			l.In = append(l.In, s)
		}
	}
	if listed && isSHA(f[0]) {
		return "", l, false, errors.New("a commit needs 1 or 0 behind it")
	}
	return f[0], l, listed, nil
}

// join is what two lines of the same change say: taken once is taken.
func join(old, l Label) Label {
	if !old.Known {
		return l
	}
	if old.Release == "" {
		old.Release = l.Release
	}
	old.Taken = old.Taken || l.Taken
	old.In = append(old.In, l.In...)
	return old
}

func isSHA(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Label looks a change up.
func (t *Table) Label(c *change.Change) Label {
	if l, ok := t.byID[c.ID]; ok {
		return l
	}
	title := change.FoldTitle(c.Subject)
	if l, ok := t.bySubject[title]; ok {
		return l
	}
	if l, ok := t.renamed(title); ok {
		return l
	}
	return Label{Known: t.closed, How: "table"}
}

// fewWords: what a shorter title says behind its prefixes, many say.
const fewWords = 4

// renamed looks for a title that says the same behind other prefixes: who applies a
// patch mends them. They must have a name in common, and there must be one such title.
func (t *Table) renamed(title string) (Label, bool) {
	where, words := apart(title)
	if words == "" {
		return Label{}, false
	}
	var found []string
	for _, other := range t.byWords[words] {
		if theirs, _ := apart(other); akin(where, theirs) {
			found = append(found, other)
		}
	}
	if len(found) != 1 {
		return Label{}, false
	}
	l := t.bySubject[found[0]]
	l.How = "prefixes"
	return l, true
}

// apart cuts a folded title into the names in its prefixes and what follows; words
// is "" for a title without prefixes, or too short.
func apart(title string) (names []string, words string) {
	i := strings.LastIndex(title, ": ")
	if i < 0 || len(strings.Fields(title[i+2:])) < fewWords {
		return nil, ""
	}
	return strings.FieldsFunc(title[:i], func(r rune) bool { return strings.ContainsRune(":/,-_ ()[]", r) }), title[i+2:]
}

func akin(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return len(x) > 1 && x != "fix" && slices.Contains(b, x) })
}

// Of is Label for a commit that has not been read yet.
func (t *Table) Of(id string) Label { return t.byID[id] }

// Tables are several tables; the first that knows a change speaks.
type Tables []*Table

// Label looks a change up.
func (ts Tables) Label(c *change.Change) Label {
	var l Label
	for _, t := range ts {
		if l = t.Label(c); l.Known {
			return l
		}
	}
	return l
}

// In are the stable releases in which any of the tables has a change.
func (ts Tables) In(c *change.Change) []string {
	var out []string
	for _, t := range ts {
		out = append(out, t.Label(c).In...)
	}
	return out
}
