package export

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/stablebot/stablebot/rules/change"
)

// Worklist writes for the vendor, one row a fix, what its release has and lacks.
func (b *Built) Worklist(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "COMMIT\t%s\tTITLE\tWHY\n", change.Plain(b.Tag))
	for _, q := range b.Queue {
		how := "lacks it, goes on as it is"
		if len(q.Deviates) > 0 {
			how = "lacks it, goes on adapted"
		}
		fmt.Fprintf(tw, "%.12s\t%s\t%s\t%s\n", q.ID, how, change.Plain(q.Title), change.Plain(reason(q.Fix, change.Plain)))
	}
	for _, f := range b.Unfit {
		fmt.Fprintf(tw, "%.12s\tlacks it, by hand\t%s\t%s\n", f.ID, change.Plain(f.Title), change.Plain(f.Reason))
	}
	for _, f := range b.Has {
		fmt.Fprintf(tw, "%.12s\thas it\t%s\t%s\n", f.ID, change.Plain(f.Title), change.Plain(f.Reason))
	}
	return tw.Flush()
}
