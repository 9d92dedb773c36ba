package git

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

func TestNamed(t *testing.T) {
	r := gittest.NewInbox(t, t.TempDir())
	messages := make([]gittest.Message, 270) // more than are asked for ahead
	for i := range messages {
		messages[i].Raw = fmt.Sprintf("message %d\n", i)
	}
	r.Add(messages...)
	ids := strings.Fields(r.Git("rev-list", "--reverse", "main"))
	slices.Reverse(ids[:7])
	repo, err := Open(t.Context(), r.Dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = repo.Close() }()
	var got []string
	for c, err := range repo.Named(t.Context(), ids) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.ID)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%d commits in another order or number than asked for", len(got))
	}
	for _, bad := range []string{"0123456789012345678901234567890123456789", "main"} {
		var last error
		for _, err := range repo.Named(t.Context(), []string{bad}) {
			last = err
		}
		var e *Error
		if !errors.As(last, &e) {
			t.Errorf("%s: got %v, want an *Error", bad, last)
		}
	}
}
