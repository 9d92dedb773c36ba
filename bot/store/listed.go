package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Marks are words that no person writes, one for each thing that a change is
// filtered by; bytes that are no letters stand in them as digits. They are in
// one index with the words, so that whatever is asked for together is found in
// one pass. The migration 0018 writes the same.
func plainMark(kind byte, name string) string {
	return "=" + string(kind) + "=" + strings.ReplaceAll(name, "-", "")
}

func nameMark(kind byte, name string) string {
	return "=" + string(kind) + "=" + hex.EncodeToString([]byte(name))
}

func cellMark(branch, cell string) string {
	return nameMark('b', branch) + "=" + strings.ReplaceAll(cell, "-", "")
}

const (
	markVerdict = 'v'
	markClass   = 'c'
	markList    = 'l'
	markChip    = 'h'
	markDriver  = 'd'
	markBranch  = 'b'
)

// unit divides the fields of a line of chips or cells.
const unit = "\x1f"

// maxChips bounds the index of one judgement: a tree-wide change touches every
// driver there is and belongs to none.
const maxChips = 32

// relist writes the rows of a series anew.
func (t *txn) relist(key string) error {
	st, err := t.stmt(t.ctx, "select series_key, list, branch, judged, body from judgement where series_key = ?")
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(t.ctx, t.d.args([]any{key})...)
	if err != nil {
		return err
	}
	var all []flow.Judged
	for rows.Next() {
		var j flow.Judged
		var at int64
		var body string
		if err = rows.Scan(&j.SeriesKey, &j.List, &j.Branch, &at, &body); err == nil {
			err = json.Unmarshal([]byte(body), &j.Judgement)
		}
		if err != nil {
			break
		}
		j.At = fromMillis(at)
		all = append(all, j)
	}
	if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, j := range all {
		if err := t.list(j); err != nil {
			return err
		}
	}
	return nil
}

// list writes the row that a change is found by. What is private has none, and what
// a newer version replaced is needed by no branch.
func (t *txn) list(j flow.Judged) error {
	var private int
	if err := t.row(&private, "select private from judgement where change_id = ?", j.ID); err != nil {
		return err
	}
	if private == 1 {
		_, err := t.exec("delete from listed where change_id = ?", j.ID)
		return err
	}
	list := clip(j.List)
	marks := []string{plainMark(markVerdict, string(j.Verdict))}
	if j.ReasonClass != "" {
		marks = append(marks, plainMark(markClass, string(j.ReasonClass)))
	}
	if list != "" {
		marks = append(marks, nameMark(markList, list))
	}
	rest := []string{list, j.Branch, j.ID}
	var chips, cells []string
	for _, c := range named(j.Silicon) {
		name, driver := clean(c.Name), clean(c.Driver)
		if slices.Contains(marks, nameMark(markChip, name)) {
			continue
		}
		chips = append(chips, line(name, driver))
		rest = append(rest, name, driver)
		marks = append(marks, nameMark(markChip, name))
		if d := nameMark(markDriver, driver); driver != "" && !slices.Contains(marks, d) {
			marks = append(marks, d)
		}
	}
	replaced := 0
	if j.SeriesKey != "" {
		if err := t.row(&replaced, "select count(*) from series where key = ? and next <> ''", j.SeriesKey); err != nil {
			return err
		}
	}
	for _, b := range j.Branches {
		name := clean(b.Name)
		if replaced > 0 || j.Verdict == verdict.OutOfScope || slices.Contains(marks, nameMark(markBranch, name)) {
			continue // no fix: no branch lacks it
		}
		cell := string(launch.CellOf(&b))
		cells = append(cells, line(name, cell, string(b.State), string(b.Applies), string(b.ReasonClass), strconv.FormatFloat(b.Score, 'g', -1, 64),
			strconv.Itoa(b.PileLines), strconv.Itoa(len(b.Prerequisites))))
		marks = append(marks, nameMark(markBranch, name), cellMark(name, cell))
	}
	_, err := t.exec(`insert into listed (change_id, judged, verdict, score, list, chips, cells, lines, added, removed, files, title, author, rest, marks, backfilled)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (select count(*) from judgement where change_id = ? and `+fromBackfill+`))
		on conflict (change_id) do update set judged = excluded.judged, verdict = excluded.verdict, score = excluded.score, list = excluded.list,
			chips = excluded.chips, cells = excluded.cells, lines = excluded.lines, added = excluded.added, removed = excluded.removed,
			files = excluded.files, title = excluded.title, author = excluded.author, rest = excluded.rest, marks = excluded.marks`,
		j.ID, millis(j.At), string(j.Verdict), j.Score, list, strings.Join(chips, "\n"), strings.Join(cells, "\n"),
		j.Size.LinesWithContext, j.Size.Added, j.Size.Removed, j.Size.Files,
		words(clip(j.Subject)), words(clip(j.Author)), words(strings.Join(rest, " ")), " "+strings.Join(marks, " ")+" ", j.ID)
	return err
}

// line joins fields; a name that has our marks in it loses them.
func line(fields ...string) string {
	for i, f := range fields {
		fields[i] = strings.Map(func(r rune) rune {
			if r == '\n' || r == rune(unit[0]) {
				return ' '
			}
			return r
		}, f)
	}
	return strings.Join(fields, unit)
}

func readChips(s string) (out []Chip) {
	for l := range strings.Lines(s) {
		name, driver, _ := strings.Cut(strings.TrimSuffix(l, "\n"), unit)
		out = append(out, Chip{name, driver})
	}
	return out
}

// readCells returns the branches and what each says, in their order.
func readCells(s string) (branches []string, out []Place) {
	for l := range strings.Lines(s) {
		f := strings.Split(strings.TrimSuffix(l, "\n"), unit)
		if len(f) < 8 {
			continue // never written so
		}
		p := Place{Cell: f[1], State: verdict.State(f[2]), Applies: verdict.Applies(f[3]), Class: verdict.Class(f[4])}
		p.Score, _ = strconv.ParseFloat(f[5], 64) // written by us
		p.Lines, _ = strconv.Atoi(f[6])
		p.First, _ = strconv.Atoi(f[7])
		branches, out = append(branches, f[0]), append(out, p)
	}
	return branches, out
}

// named is the hardware that a change is listed and found by: a device or machine
// by its ID, of which each is named once, only where nothing else is known.
func named(ms []silicon.Match) []silicon.Match {
	var out []silicon.Match
	for _, m := range ms {
		if m.Kind != silicon.KindDevice {
			out = append(out, m)
		}
	}
	if out == nil {
		out = ms
	}
	return out[:min(len(out), maxChips)]
}
