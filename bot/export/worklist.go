package export

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Worklist writes for the vendor, one row a fix, what its release has and lacks.
func (b *Built) Worklist(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "COMMIT\t%s\tTITLE\tWHY\n", oneLine(b.Tag))
	for _, q := range b.Queue {
		how := "lacks it, goes on as it is"
		if len(q.Deviates) > 0 {
			how = "lacks it, goes on adapted"
		}
		fmt.Fprintf(tw, "%.12s\t%s\t%s\t%s\n", q.ID, how, oneLine(q.Title), oneLine(reason(q.Fix, oneLine)))
	}
	for _, f := range b.Unfit {
		fmt.Fprintf(tw, "%.12s\tlacks it, by hand\t%s\t%s\n", f.ID, oneLine(f.Title), oneLine(f.Reason))
	}
	for _, f := range b.Has {
		fmt.Fprintf(tw, "%.12s\thas it\t%s\t%s\n", f.ID, oneLine(f.Title), oneLine(f.Reason))
	}
	return tw.Flush()
}

// oneLine keeps a stranger's words on one line of a terminal.
func oneLine(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			out[i] = ' '
		}
	}
	return string(out)
}
