package imap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// script is a server that says what no sane server would. It answers the
// commands of a plain login and an EXAMINE by itself; a test overrides what a
// command (its first words, without the tag) is answered. TAG is replaced; an
// answer that ends in "HANG" is the last, one that ends in "CLOSE" ends the
// connection, and after "|NEXT|" stands the answer to the same command's next use.
type script struct {
	greeting string // "" for a usual one
	answers  map[string]string
	validity int
	next     int
}

func (sc script) serve(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if sc.greeting == "" {
		sc.greeting = "* OK hello\r\n"
	}
	usual := map[string]string{
		"CAPABILITY": "* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
		"LOGIN":      "TAG OK done\r\n",
		"EXAMINE": fmt.Sprintf("* 1 EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT %d] x\r\nTAG OK [READ-ONLY]\r\n", max(sc.validity, 1),
			max(sc.next, 2)),
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			go func() {
				_, _ = io.WriteString(c, sc.greeting)
				var idle string // tag of the IDLE under way
				used := map[string]int{}
				for r := bufio.NewScanner(c); r.Scan(); {
					tag, cmd, _ := strings.Cut(r.Text(), " ")
					answer, best := "TAG BAD what?\r\n", ""
					for _, m := range []map[string]string{usual, sc.answers} {
						for k, a := range m {
							if strings.HasPrefix(cmd, k) && len(k) >= len(best) {
								answer, best = a, k
							}
						}
					}
					turns := strings.Split(answer, "|NEXT|")
					answer = turns[min(used[best], len(turns)-1)]
					used[best]++
					if cmd == "IDLE" {
						idle = tag
					} else if tag == "DONE" {
						answer = idle + " OK done\r\n"
					}
					answer = strings.ReplaceAll(answer, "TAG", tag)
					say, hang := strings.CutSuffix(answer, "HANG")
					say, end := strings.CutSuffix(say, "CLOSE")
					_, _ = io.WriteString(c, say)
					if end {
						_ = c.Close()
					}
					if hang || end {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

const (
	listOne  = "* 1 FETCH (UID 1 RFC822.SIZE 30)\r\nTAG OK done\r\n"
	fetchOne = "* 1 FETCH (UID 1 INTERNALDATE \"02-Jan-2024 03:04:05 +0000\" BODY[] {31}\r\nMessage-ID: <one>\r\n\r\none body\r\n)\r\nTAG " +
		"OK done\r\n"
)

// Each server is met by one Poll, which must end with this error or with these
// mails, in time, without a panic.
func TestStrangeServers(t *testing.T) {
	good := map[string]string{"UID FETCH 1:* (UID RFC822.SIZE": listOne, "UID FETCH 1 (UID INTERNALDATE": fetchOne}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range []map[string]string{good, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	list, fetch := "UID FETCH 1:* (UID RFC822.SIZE", "UID FETCH 1 (UID INTERNALDATE"
	for name, c := range map[string]struct {
		script
		err       string // in the error; "" when Poll succeeds
		permanent bool
		ids       string
		itemErr   string
	}{
		"sane":             {script: script{answers: good}, ids: "[one]"},
		"bye greeting":     {script: script{greeting: "* BYE too many connections\r\n"}, err: "too many connections"},
		"http":             {script: script{greeting: "HTTP/1.1 400 Bad Request\r\n"}, err: "does not greet as IMAP does"},
		"endless greeting": {script: script{greeting: strings.Repeat("x", 10000)}, err: "no line end within"},
		"silent greeting":  {script: script{greeting: "* OK"}, err: "no greeting"},
		"closed at once":   {script: script{answers: map[string]string{"CAPABILITY": "CLOSE"}}, err: "connection lost"},
		"bye at login":     {script: script{answers: map[string]string{"LOGIN": "* BYE shutting down\r\nCLOSE"}}, err: "shutting down"},
		"login later": {script: script{answers: map[string]string{"LOGIN": "TAG NO [UNAVAILABLE] database is away\r\n"}},
			err: "database is away"},
		"login never": {script: script{answers: map[string]string{"LOGIN": "TAG NO [AUTHENTICATIONFAILED] no\r\n"}},
			err: "check user and the password", permanent: true},
		"login disabled": {script: script{answers: map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK done\r\n"}},
			err: "takes no password here", permanent: true},
		"preauth": {script: script{greeting: "* PREAUTH welcome\r\n",
			answers: with(map[string]string{"LOGIN": "TAG BAD already\r\n"})}, ids: "[one]"},
		"no uidvalidity": {script: script{answers: map[string]string{"EXAMINE": "TAG OK done\r\n"}}, err: "no UIDVALIDITY", permanent: true},
		"stalls": {script: script{answers: with(map[string]string{fetch: "* 1 FETCH (UID 1 BODY[] {31}\r\nMess HANG"})},
			err: "fallen silent"},
		"closes in a mail": {script: script{answers: with(map[string]string{fetch: "* 1 FETCH (UID 1 BODY[] {31}\r\nMess CLOSE"})},
			err: "connection lost"},
		"huge literal": {script: script{answers: with(map[string]string{fetch: "* 1 FETCH (UID 1 BODY[] {4294967295}\r\nMess HANG"})},
			err: "announced 4294967295 bytes"},
		"huger literal": {script: script{answers: with(map[string]string{fetch: "* 1 FETCH (UID 1 BODY[] " +
			"{99999999999999999999999}\r\nMess HANG"})}, err: "more than the"},
		"endless line": {script: script{answers: with(map[string]string{list: "* 1 FETCH (" + strings.Repeat("(", 1<<20)})},
			err: "a line of more than"},
		"fetch without list": {script: script{answers: with(map[string]string{list: "* 1 FETCH\r\n* FETCH\r\n* EXISTS\r\n* x EXPUNGE\r\n* " +
			"RECENT\r\n* \r\n" + listOne})}, ids: "[one]"},
		"garbage lines": {script: script{answers: with(map[string]string{list: "\x00\xff\x80 {3}\r\n\r\n)(\r\n* OK [\r\n* OK {5}\r\n* " +
			"SEARCH\r\n* STATUS\r\n* LIST\r\n" + listOne})}, ids: "[one]"},
		"last mail again": {script: script{next: 9,
			answers: with(map[string]string{list: "* 1 FETCH (UID 1 RFC822.SIZE 30)\r\n* 1 FETCH (UID 1 RFC822.SIZE 30)\r\nTAG OK done\r\n"})},
			ids: "[one]"},
		"expunged": {script: script{answers: with(map[string]string{fetch: "TAG OK done\r\n", list: listOne + "|NEXT|" +
			"TAG OK done\r\n"})}, ids: "[]"},
		"not sent": {script: script{answers: with(map[string]string{fetch: "TAG OK done\r\n"})}, ids: "[]",
			itemErr: "lists it but did not send it"},
		"nil body": {script: script{answers: with(map[string]string{fetch: "* 1 FETCH (UID 1 BODY[] NIL)\r\nTAG OK done\r\n"})},
			ids: "[]", itemErr: "sent none"},
		"refused mail": {script: script{answers: with(map[string]string{fetch: "TAG NO [SERVERBUG] cannot read\r\n"})}, ids: "[]",
			itemErr: "cannot read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(c.serve(t))
			cfg.Silence = 300 * time.Millisecond
			s, in := source(t, cfg, nil), newInlet()
			start := time.Now()
			err := s.Poll(t.Context(), in)
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %s", d)
			}
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q in it", err, c.err)
				}
				if errors.Is(err, flow.ErrTemporary) == c.permanent {
					t.Errorf("%v: permanent is to be %v", err, c.permanent)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.itemErr == "" {
				if got := fmt.Sprint(in.ids()); got != c.ids {
					t.Errorf("delivered %s, want %s", got, c.ids)
				}
			} else if len(in.items) != 1 || in.items[0].Err == nil || !strings.Contains(in.items[0].Err.Error(), c.itemErr) {
				t.Errorf("items %+v, want one with the error %q", in.items, c.itemErr)
			}
			if in.cursors[s.Name()] != "1:1" {
				t.Errorf("cursor %q", in.cursors[s.Name()])
			}
		})
	}
}

// One mail that the server refuses must not hold up those around it.
func TestOneRefusedMailAmongOthers(t *testing.T) {
	body := func(id string) string {
		m := "Message-ID: <" + id + ">\r\n\r\n"
		return fmt.Sprintf("BODY[] {%d}\r\n%s", len(m), m)
	}
	addr := script{next: 4, answers: map[string]string{
		"UID FETCH 1:* (UID RFC822.SIZE": "* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n* 2 FETCH (UID 2 RFC822.SIZE 9)\r\n* 3 FETCH (UID 3 " +
			"RFC822.SIZE 9)\r\nTAG OK done\r\n",
		"UID FETCH 1:3 (UID INTERNALDATE": "* 1 FETCH (UID 1 " + body("a") + ")\r\nTAG NO some could not be read\r\n",
		"UID FETCH 1 (UID INTERNALDATE":   "* 1 FETCH (UID 1 " + body("a") + ")\r\nTAG OK done\r\n",
		"UID FETCH 2 (UID INTERNALDATE":   "TAG NO broken file\r\n",
		"UID FETCH 3 (UID INTERNALDATE":   "* 3 FETCH (UID 3 " + body("c") + ")\r\nTAG OK done\r\n",
	}}.serve(t)
	s, in := source(t, config(addr), nil), newInlet()
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in, "a", "", "c")
	if err := in.items[1].Err; err == nil || !strings.Contains(err.Error(), "UID 2") || !strings.Contains(err.Error(), "broken file") {
		t.Errorf("error %v", err)
	}
}

// A restored backup: same UIDVALIDITY, but UIDNEXT below what was read.
func TestUIDsRunBackwards(t *testing.T) {
	addr := script{answers: map[string]string{"UID FETCH 1:* (UID RFC822.SIZE": listOne, "UID FETCH 1 (UID INTERNALDATE": fetchOne}}.serve(t)
	log, logs := logged(t)
	s, in := source(t, config(addr), log), newInlet()
	in.cursors[s.Name()] = "1:40"
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in, "one")
	if logs.FilterMessageSnippet("ran backwards").Len() != 1 {
		t.Error("the log does not say so")
	}
}

func TestIdle(t *testing.T) {
	idle := "* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n"
	poll := map[string]string{"CAPABILITY": idle, "UID FETCH 1:* (UID RFC822.SIZE": listOne, "UID FETCH 1 (UID INTERNALDATE": fetchOne}
	for name, c := range map[string]struct {
		idle string
		err  string // in the error; "" when Wait succeeds
		soon bool   // before the IDLE's own end
	}{
		"announces":         {idle: "+ idling\r\n* 2 EXISTS\r\n", soon: true},
		"flags are no mail": {idle: "+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* OK Still here\r\n* 1 RECENT\r\n"},
		"refuses":           {idle: "TAG NO not today\r\n", soon: true},
		"frozen":            {idle: "HANG", err: "fallen silent"},
		"frozen at the end": {idle: "+ idling\r\nHANG", err: "fallen silent"},
		"closes":            {idle: "+ idling\r\nCLOSE", err: "connection lost", soon: true},
		"goes down":         {idle: "+ idling\r\n* BYE going down\r\nCLOSE", err: "going down", soon: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]string{"IDLE": c.idle}
			for k, v := range poll {
				answers[k] = v
			}
			cfg := config(script{answers: answers}.serve(t))
			cfg.Silence, cfg.Idle = 300*time.Millisecond, 300*time.Millisecond
			s := source(t, cfg, nil)
			if err := s.Poll(t.Context(), newInlet()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			start := time.Now()
			err := s.Wait(ctx)
			took := time.Since(start)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !errors.Is(err, flow.ErrTemporary) {
					t.Errorf("error %v, want a temporary one with %q", err, c.err)
				}
			} else if err != nil {
				t.Error(err)
			}
			if took > 2*time.Second || c.soon != (took < cfg.Idle) {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestWithoutIdle(t *testing.T) {
	t.Parallel()
	cfg := config(script{answers: map[string]string{
		"EXAMINE": "* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\nTAG OK done\r\n" + "|NEXT|" +
			"* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 2] x\r\nTAG OK done\r\n",
		"UID FETCH 1:* (UID RFC822.SIZE": listOne, "UID FETCH 1 (UID INTERNALDATE": fetchOne}}.serve(t))
	s, in := source(t, cfg, nil), newInlet()
	defer run(t, s, in)()
	in.until(t, 1)
	want(t, in, "one")
}

func TestContextInterrupts(t *testing.T) {
	for name, answers := range map[string]map[string]string{
		"login": {"LOGIN": "HANG"},
		"fetch": {"UID FETCH": "HANG"},
		"idle": {"CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n",
			"EXAMINE": "* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\nTAG OK done\r\n", "IDLE": "+ idling\r\n"},
		"no cap": {"EXAMINE": "* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\nTAG OK done\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(script{answers: answers}.serve(t))
			cfg.Silence, cfg.Every = time.Minute, time.Minute
			s := source(t, cfg, nil)
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
			defer cancel()
			start := time.Now()
			err := s.Poll(ctx, newInlet())
			if err == nil {
				err = s.Wait(ctx)
			}
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
				t.Errorf("%v after %s", err, time.Since(start))
			}
		})
	}
}
