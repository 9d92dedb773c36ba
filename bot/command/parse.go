// Package command reads commands out of mails and proves who sent them.
//
//	#stablebot recheck [BRANCH]
//	#stablebot override VERDICT reason
//	#stablebot omit-fix SHA reason
//	#stablebot mute
//
// Promises:
//
//   - A command stands at the start of a line that is not quoted; what a mail
//     program puts before a line it cites makes it none, and so does what it puts
//     above a copy of another mail. Where a line above only looks like that, the
//     command is refused.
//   - A mail that repeats the help, placeholders and all, commands nothing.
//   - A command counts only when a DKIM signature proves its mail (Prove).
package command

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Max is how many commands of one mail are carried out. More is a mistake or
// an attempt to be a nuisance.
const Max = 3

// maxReason bounds what is repeated to others.
const maxReason = 200

// The verbs.
const (
	Recheck  = "recheck"  // judge again, and answer even when nothing changed
	Override = "override" // a person's verdict, beside the bot's
	OmitFix  = "omit-fix" // a later fix that does not concern this change
	Mute     = "mute"     // the sender wants no mail
)

// Command is one line.
type Command struct {
	Verb   string
	Arg    string // branch, verdict or SHA
	Reason string
	Line   string // as written
	Wrong  string // why it can't be carried out, "" when it can
}

// help is how the commands are documented.
var help = []string{
	"#stablebot recheck [BRANCH]",
	"#stablebot override VERDICT reason",
	"#stablebot omit-fix SHA reason",
}

// verdicts are those that a person may give.
var verdicts = func() (out []string) {
	for _, v := range verdict.Verdicts {
		out = append(out, string(v))
	}
	return out
}()

// Parse returns the commands of a mail's text, Max at most, and how many more
// there are.
func Parse(text string) (out []Command, more int) {
	for l := range mail.Lines(text) {
		line := l.Text
		rest, ok := strings.CutPrefix(line, "#stablebot")
		if !ok || !l.Own || rest != "" && !unicode.IsSpace(rune(rest[0])) {
			continue
		}
		if slices.Contains(help, line) {
			return nil, 0
		}
		if len(out) == Max {
			more++
			continue
		}
		c := read(strings.Fields(rest))
		if l.Doubt != mail.Certain {
			c = Command{Verb: c.Verb, Wrong: "it stands below a line that may begin a copy of somebody else's mail; write it above"}
		}
		c.Line = clip(line)
		out = append(out, c)
	}
	return out, more
}

func read(words []string) (c Command) {
	if len(words) == 0 {
		return Command{Wrong: "no command is named"}
	}
	c.Verb = strings.ToLower(words[0])
	words = words[1:]
	take := func() string {
		if len(words) == 0 {
			return ""
		}
		w := words[0]
		words = words[1:]
		return w
	}
	switch c.Verb {
	case Recheck:
		c.Arg = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(take()), "linux-"), ".y")
		if c.Arg != "" && strings.Trim(c.Arg, "0123456789.") != "" {
			c.Wrong = fmt.Sprintf("%q is no branch; write 6.12", clip(c.Arg))
		}
	case Override:
		c.Arg = strings.ToLower(strings.TrimSuffix(take(), ":"))
		if !slices.Contains(verdicts, c.Arg) {
			c.Wrong = fmt.Sprintf("%q is no verdict; it can be %s", clip(c.Arg), strings.Join(verdicts, ", "))
		} else if len(words) == 0 {
			c.Wrong = "a reason is missing; others will want to know it"
		}
	case OmitFix:
		c.Arg = strings.ToLower(take())
		if len(c.Arg) < 7 || len(c.Arg) > 40 || strings.Trim(c.Arg, "0123456789abcdef") != "" {
			c.Wrong = fmt.Sprintf("%q is no commit; give 7 to 40 digits of its SHA", clip(c.Arg))
		} else if len(words) == 0 {
			c.Wrong = "a reason is missing; others will want to know it"
		}
	case Mute:
	default:
		c.Wrong = fmt.Sprintf("%q is no command", clip(c.Verb))
	}
	if c.Verb == Override || c.Verb == OmitFix {
		c.Reason = clip(strings.Join(words, " "))
	}
	return c
}

// clip makes a stranger's text short and printable.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > maxReason {
		return string(r[:maxReason-3]) + "..."
	}
	return s
}
