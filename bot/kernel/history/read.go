package history

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
)

// format is id, parents, dates, title and body, each ended by NUL.
const format = "%H%x00%P%x00%at%x00%ct%x00%s%x00%b%x00"

// read makes one pass over the history, from the tip down, and turns it round.
func read(ctx context.Context, r *git.Repo, tip string, exclude []string) (*History, error) {
	revs := append([]string{"log", "--topo-order", "--encoding=UTF-8", "--format=tformat:" + format, "--no-show-signature", tip},
		negate(exclude)...)
	p, err := r.Start(ctx, "reading the history", append(revs, "--")...)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	in := bufio.NewReaderSize(p.Out, 1<<20)
	h := &History{Tip: tip, idLen: len(tip) / 2, more: map[uint32][]uint32{}}
	// Parents and references are kept by their number from the tip until the
	// last one is known.
	var parents [][]byte
	var f [6]string
	for {
		end := false
		for i := range f {
			s, _, err := git.ReadUntil(in, 0, git.MaxMessage)
			if i == 0 && errors.Is(err, io.EOF) && strings.TrimSpace(s) == "" {
				end = true
				break
			} else if err != nil {
				if waited := p.Wait(); waited != nil {
					return nil, waited
				}
				return nil, fmt.Errorf("reading the history of %s: %w", tip, err)
			}
			f[i] = s
		}
		if end {
			break
		}
		id, err := hex.DecodeString(strings.TrimLeft(f[0], "\n"))
		if err != nil || len(id) != h.idLen {
			return nil, fmt.Errorf("reading the history of %s: git answered %q for a commit", tip, f[0])
		}
		h.ids = append(h.ids, id...)
		par, _ := hex.DecodeString(strings.ReplaceAll(f[1], " ", ""))
		parents = append(parents, par)
		h.Author = append(h.Author, seconds(f[2]))
		h.Commit = append(h.Commit, seconds(f[3]))
		h.titles = append(h.titles, change.TitleKey(f[4]))
		h.message(Position(len(h.titles)), f[4], f[5])
	}
	if err := p.Wait(); err != nil {
		return nil, err
	}
	h.turn(parents)
	return h, nil
}

func negate(revs []string) []string {
	out := make([]string, len(revs))
	for i, r := range revs {
		out[i] = "^" + r
	}
	return out
}

func seconds(s string) uint32 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return uint32(min(n, 1<<32-1))
}

// turn puts the oldest commit first.
func (h *History) turn(parents [][]byte) {
	n := len(h.titles)
	slices.Reverse(h.Author)
	slices.Reverse(h.Commit)
	slices.Reverse(h.titles)
	slices.Reverse(h.flags)
	slices.Reverse(parents)
	h.parents = parents
	ids := make([]byte, len(h.ids))
	for i := range n {
		copy(ids[i*h.idLen:], h.ids[(n-1-i)*h.idLen:(n-i)*h.idLen])
	}
	h.ids = ids
	for i := range h.refs {
		h.refs[i].From = Position(n+1) - h.refs[i].From
	}
	slices.SortStableFunc(h.refs, func(a, b Reference) int { return int(a.From) - int(b.From) })
	at := make(map[string]uint32, n)
	for i := range n {
		at[string(h.ids[i*h.idLen:(i+1)*h.idLen])] = uint32(i + 1)
	}
	h.first = make([]uint32, n)
	for i, par := range parents {
		for k := 0; k+h.idLen <= len(par); k += h.idLen {
			q := at[string(par[k:k+h.idLen])]
			switch {
			case q == 0:
				h.Outside = append(h.Outside, hex.EncodeToString(par[k:k+h.idLen]))
			case k == 0:
				h.first[i] = q
			default:
				h.more[uint32(i+1)] = append(h.more[uint32(i+1)], q)
			}
		}
	}
}

// message reads what a commit says about itself and others. Most messages name
// nothing, and are not read closely.
func (h *History) message(p Position, title, body string) {
	var flags uint8
	if SaysFixIn(title) {
		flags |= SaysFix
	}
	if named(body) {
		c, _ := change.Parse(change.Input{Kind: change.Commit, Subject: title, Text: body})
		if c != nil {
			for i := range c.Stable {
				if s := &c.Stable[i]; !s.NoAutosel && !s.Recipient {
					flags |= AsksStable
				}
			}
			for _, f := range c.Fixes {
				flags |= IsFix
				h.refs = append(h.refs, Reference{p, Fixes, NameOf(f.SHA, f.Subject)})
			}
			for _, o := range c.Origin {
				k := Upstream
				switch o.Form {
				case change.FormPick:
					k = Picked
				case change.FormStable:
					continue // no commit of mainline
				}
				h.refs = append(h.refs, Reference{p, k, NameOf(o.SHA, o.Subject)})
			}
			for _, o := range c.DependsOn {
				if o.Form == "dep-of" {
					h.refs = append(h.refs, Reference{p, DepOf, NameOf(o.SHA, o.Subject)})
				}
			}
		}
	}
	if t, ok := strings.CutPrefix(title, `Revert "`); ok {
		h.refs = append(h.refs, Reference{p, Reverts, NameOf(takenBack(body), strings.TrimSuffix(t, `"`))})
	} else if t, ok := strings.CutPrefix(title, `Reapply "`); ok { // git's name for the revert of a revert
		h.refs = append(h.refs, Reference{p, Reverts, NameOf(takenBack(body), `Revert "`+strings.TrimSuffix(t, `"`)+`"`)})
	}
	h.flags = append(h.flags, flags)
}

// takenBack is the id that git writes into a revert, "" for none.
func takenBack(body string) string {
	_, rest, _ := strings.Cut(body, "This reverts commit ")
	n := 0
	for n < len(rest) && n < 64 && (rest[n] >= '0' && rest[n] <= '9' || rest[n] >= 'a' && rest[n] <= 'f') {
		n++
	}
	return rest[:n]
}

// named reports whether a body may name another commit or ask for something.
func named(body string) bool {
	for _, w := range [...]string{"ixes:", "IXES:", "stable", "pstream", "herry", "ackport", "it-commit:", "\ncommit ", "\n    commit "} {
		if strings.Contains(body, w) {
			return true
		}
	}
	return strings.HasPrefix(body, "commit ")
}

// SaysFixIn tells whether a word of a title begins with "fix".
func SaysFixIn(title string) bool {
	title = strings.ToLower(title)
	for i := 0; i+3 <= len(title); i++ {
		if title[i:i+3] == "fix" && (i == 0 || !letter(title[i-1])) {
			return true
		}
	}
	return false
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}
