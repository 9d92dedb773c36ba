package console

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Width is how many columns a reader has: what COLUMNS says, or the terminal; 0 where
// rows go to a program, which gets them whole whatever the shell around it exports.
func Width(w io.Writer) int {
	if !IsTerminal(w) {
		return 0
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(interface{ Fd() uintptr }); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}

const (
	gutter  = 2  // blanks between columns
	lastMin = 20 // what the last column keeps, which says most
	cellMin = 6  // what every other one keeps
)

// Table writes rows that fit the reader's width: where they do not, the widest
// columns are cut, and the last one takes what is left.
func Table(w io.Writer, head []string, rows [][]string) error {
	return printFitted(w, Width(w), head, rows)
}

func printFitted(w io.Writer, width int, head []string, rows [][]string) error {
	wide := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i, c := range r {
			wide[i] = max(wide[i], utf8.RuneCountInString(c))
		}
	}
	fitColumns(wide, width)
	for _, r := range append([][]string{head}, rows...) {
		var b strings.Builder
		for i, c := range r {
			c = Clip(c, wide[i])
			b.WriteString(c)
			if i < len(r)-1 {
				b.WriteString(strings.Repeat(" ", wide[i]-utf8.RuneCountInString(c)+gutter))
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
	}
	return nil
}

// fitColumns cuts the widest columns until all fit into so many; 0 is no limit.
func fitColumns(wide []int, width int) {
	if width == 0 {
		return
	}
	last := len(wide) - 1
	over := func() int {
		n := gutter * last
		for _, c := range wide {
			n += c
		}
		return n - width
	}
	wide[last] -= min(max(0, over()), max(0, wide[last]-lastMin))
	for over() > 0 {
		most := 0
		for i := range wide {
			if wide[i] > wide[most] {
				most = i
			}
		}
		if wide[most] <= cellMin {
			return // a terminal of that width wraps
		}
		wide[most]--
	}
}
