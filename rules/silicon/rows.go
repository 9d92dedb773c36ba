package silicon

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// The text of a table. Lines that begin with "#" are comments.
//
//	!releases 6.1 6.12
//	!maintainer TITLE            one line each; rows name them by number, from 1
//	/drivers/net/usb TAB 17      a folder and the maintainer of most of its rows, which follow
//	name TAB symbol TAB role TAB maintainer TAB since TAB files
//	@number TAB files            files here of a driver that has its row elsewhere
//
// Rows are numbered from 0, without those that begin with "@". A row without a
// name gathers libraries of one file each; the folder's name is theirs. In
// symbol, "^" stands for the name in capitals.
// role is "pci,of" for a driver with tables of these buses, "+platform" for one
// without a table, "=" for a library, "~call" for software, "-" for the core.
// maintainer is empty for the folder's, "0" for none.
// files are names below the folder; none means the name of the driver with
// ".c" or ".h", in which "-" and "_" are one; "*" means the whole folder, "."
// no file of it.
// since is "6.5", or "<6.12" for by 6.12 and after the release before it in the
// list, or "6.1<6.12"; after a comma "6.1!": the releases after 6.1 have it no more.
// IDs stand in a text of their own: a bus, "%of", then id TAB rows, by id. A row
// is its number; older texts have folder/name.
const (
	lineRelease, lineMaintainer = "!releases ", "!maintainer "
)

// LoadDrivers makes a table of its text.
// IDs gives the text of EncodeIDs when it is first asked for; nil for none.
func LoadDrivers(text string, ids func() (string, error)) (*DriverTable, error) {
	t := &DriverTable{text: text, folders: make(map[string]section, 3000), subs: make(map[string]subsystem, 300),
		rows: make([]rowAt, 0, len(text)/54), titles: make([]string, 0, 3000)}
	t.ids = sync.OnceValue(func() map[string]string { return idSections(ids) })
	folder, from, title := "", 0, 0
	n := 0
	var sum subsystem
	shut := func(at int) {
		if folder != "" {
			t.folders[folder] = section{int32(from), int32(at), int32(title)}
			top := topOf(folder)
			s := t.subs[top]
			t.subs[top] = subsystem{s.hardware + sum.hardware, s.other + sum.other}
			sum = subsystem{}
		}
	}
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n') + at
		if end < at {
			return nil, fmt.Errorf("silicon: the table of drivers is cut off: its last line has no end")
		}
		line, next := text[at:end], end+1
		n++
		switch {
		case line == "":
			return nil, fmt.Errorf("silicon: table of drivers, line %d is empty", n)
		case line[0] == '/':
			shut(at)
			name, most, _ := strings.Cut(line[1:], "\t")
			folder, from, title = name, next, atoi(most)
		case line[0] == '#':
		case line[0] == '!':
			if rest, ok := strings.CutPrefix(line, lineMaintainer); ok {
				t.titles = append(t.titles, rest)
			} else if rest, ok := strings.CutPrefix(line, lineRelease); ok {
				t.releases = strings.Fields(rest)
			}
		case folder == "":
			return nil, fmt.Errorf("silicon: table of drivers, line %d: a row before the first folder", n)
		case line[0] != '@':
			t.rows = append(t.rows, rowAt{folder, int32(at)})
			sum.count(line)
		}
		at = next
	}
	shut(len(text))
	if len(t.folders) == 0 {
		return nil, fmt.Errorf("silicon: the table of drivers has no folder")
	}
	return t, nil
}

// count notes whether a row is hardware's.
func (s *subsystem) count(line string) {
	i := strings.IndexByte(line, '\t') + 1
	j := strings.IndexByte(line[i:], '\t') + 1 + i
	if j == i || j >= len(line) {
		return
	}
	switch line[j] {
	case '=', '~', '-':
		s.other++
	case '\t':
	default:
		s.hardware++
	}
}

// row reads one row. Its strings are parts of the text.
func (t *DriverTable) row(folder, line string) Driver {
	var col [6]string
	for i := range col {
		col[i], line, _ = strings.Cut(line, "\t")
	}
	d := Driver{Name: col[0], Folder: folder, Symbol: longSymbol(col[0], col[1]), Role: Hardware}
	if d.Name == "" {
		d.Name = folder[strings.LastIndexByte(folder, '/')+1:]
	}
	switch role := col[2]; {
	case role == "=":
		d.Role = Library
	case role == "-":
		d.Role = Core
	case strings.HasPrefix(role, "~"):
		d.Role, d.Makes = Software, role[1:]
	case strings.HasPrefix(role, "+"):
		d.NoTable = strings.Split(role[1:], ",")
	default:
		d.Buses = strings.Split(role, ",")
	}
	title := atoi(col[3])
	if col[3] == "" {
		title = int(t.folders[folder].title)
	}
	if title > 0 && title <= len(t.titles) {
		d.Maintainers = t.titles[title-1]
	}
	since, until, _ := strings.Cut(col[4], ",")
	d.Until = strings.TrimSuffix(until, "!")
	if after, by, ok := strings.Cut(since, "<"); ok {
		d.After, d.By = after, by
		if i := slices.Index(t.releases, by); after == "" && i > 0 {
			d.After = t.releases[i-1]
		}
	} else {
		d.Since = since
	}
	for f := range strings.FieldsSeq(col[5]) {
		switch f {
		case ".": // its files stand elsewhere
		case "*":
			d.Files = append(d.Files, folder+"/")
		default:
			d.Files = append(d.Files, folder+"/"+f)
		}
	}
	if col[5] == "" {
		d.Files = []string{folder + "/" + d.Name + ".c"}
	}
	return d
}

func longSymbol(name, short string) string {
	if strings.IndexByte(short, '^') < 0 {
		return short
	}
	return strings.Replace(short, "^", upperName(name), 1)
}

func atoi(s string) int {
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// lines yields the rows of a folder.
func (t *DriverTable) lines(folder string, yield func(line string) bool) {
	sec, ok := t.folders[folder]
	if !ok {
		return
	}
	for text := t.text[sec.from:sec.to]; text != ""; {
		line, rest, _ := strings.Cut(text, "\n")
		if line != "" && line[0] != '#' && line[0] != '!' && !yield(line) {
			return
		}
		text = rest
	}
}

func (t *DriverTable) rowOf(r rowAt) Driver {
	line, _, _ := strings.Cut(t.text[r.at:], "\n")
	return t.row(r.folder, line)
}
