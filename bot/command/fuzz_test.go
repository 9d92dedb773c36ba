package command

import (
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

func FuzzCost(f *testing.F) {
	f.Add("#stablebot recheck\n#stablebot override wait because\n> #stablebot mute\n")
	f.Fuzz(func(t *testing.T, text string) {
		if err := oracle.Check(len(text), func() {
			if found, _ := Parse(text); len(found) > Max {
				t.Fatalf("%d commands of one mail", len(found))
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
}
