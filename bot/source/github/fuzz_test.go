package github

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// Whatever a signed delivery says, it notes pull requests of repositories.
func FuzzWebhook(f *testing.F) {
	f.Add("pull_request", []byte(`{"action":"opened","number":1,"repository":{"full_name":"o/r"}}`))
	f.Add("issue_comment", []byte(`{"action":"created","repository":{"full_name":"o/r"},"issue":{"number":1,"pull_request":{}},"comment":{"body":"/stablebot recheck"},"sender":{"type":"User"}}`))
	f.Add("check_run", []byte(`{"action":"rerequested","repository":{"full_name":"o/r\n"},"check_run":{"pull_requests":[{"number":1}]}}`))
	for _, event := range []string{"pull_request", "issue_comment", "push", "check_run", "check_suite"} {
		for _, action := range []string{"opened", "created", "rerequested"} { // without what it is about
			f.Add(event, []byte(`{"action":"`+action+`"}`))
			f.Add(event, []byte(`{"action":"`+action+`","repository":null,"issue":{"pull_request":{}},"check_run":{"pull_requests":[null]},"check_suite":{"pull_requests":[null]}}`))
		}
	}
	f.Fuzz(func(t *testing.T, event string, payload []byte) {
		s := &Source{cfg: Config{Now: time.Now}, log: zap.NewNop()}
		if err := oracle.Check(len(payload), func() {
			notes, err := s.notesOf(event, payload)
			if err != nil && len(notes) > 0 {
				t.Fatal("an error and notes")
			}
			for _, n := range notes {
				if _, _, err := github.Split(n.Repo); err != nil || n.Number <= 0 || strings.ContainsAny(n.Repo, "\r\n ") {
					t.Fatalf("noted %+v", n)
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzComment(f *testing.F) {
	f.Add("/stablebot recheck\n```\n/stablebot explain\n```\n<!--\n/stablebot override wait x\n-->")
	f.Add("/stablebot x\n\n" + strings.Repeat("+ ", 16000) + "x" + strings.Repeat("\n", 32000) + "x")
	f.Add("/stablebot x\n\n> + + + x" + strings.Repeat("\n>", 20000))
	f.Fuzz(func(t *testing.T, body string) {
		if err := oracle.Check(len(body), func() {
			if found := parseCommands(body); len(found) > maxCommands {
				t.Fatalf("%d commands", len(found))
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
}
