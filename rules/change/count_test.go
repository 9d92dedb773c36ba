package change

import "testing"

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n    int
		noun string
		want string
	}{
		{0, "mail", "0 mails"},
		{1, "mail", "1 mail"},
		{2, "mail", "2 mails"},
		{1, "fix", "1 fix"},
		{3, "later fix", "3 later fixes"},
		{2, "reply", "2 replies"},
		{2, "day", "2 days"},
		{2, "branch", "2 branches"},
		{2, "series", "2 series"},
		{1, "person", "1 person"},
		{2, "person", "2 people"},
		{2, "ID", "2 IDs"},
		{2, "Tested-by tag", "2 Tested-by tags"},
		{2, "repository", "2 repositories"},
		{-1, "line", "-1 lines"},
	} {
		if got := Count(c.n, c.noun); got != c.want {
			t.Errorf("Count(%d, %q) = %q, want %q", c.n, c.noun, got, c.want)
		}
	}
}
