package drift

import (
	"context"
	"regexp"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// Blame names for each row the commit between two revisions of a repository that did it:
// the last one that changed a line with the name in the file where the first kernel has
// it. Where git finds none, the row has none.
func (r *Report) Blame(ctx context.Context, repo *git.Repo, from, to string) error {
	for i := range r.Rows {
		x := &r.Rows[i]
		args := []string{"log", "-1", "--no-merges", "--format=%H %s", "-G", `(^|[^A-Za-z0-9_])` + regexp.QuoteMeta(x.plain()) + `([^A-Za-z0-9_]|$)`, from + ".." + to, "--", x.From.File}
		if x.Kind == "header" {
			args = []string{"log", "-1", "--no-merges", "--diff-filter=D", "--no-renames", "--format=%H %s", from + ".." + to, "--", x.From.File}
		}
		out, err := repo.Output(ctx, "looking for the commit that changed "+x.Name, args...)
		if err != nil {
			return err
		}
		x.Commit, x.Title, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	}
	return nil
}

// plain is the name as it stands in the source.
func (x *Row) plain() string {
	name := strings.TrimPrefix(strings.TrimPrefix(x.Name, "CONFIG_"), "enum ")
	return name[strings.LastIndexAny(name, ". ")+1:]
}
