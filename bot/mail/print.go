package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Print is what tells two mails apart that have one Message-ID: who sent it and
// what it says. What lists change is left out, that is the brackets of the
// subject, blanks at the end of lines and a footer, so two copies of one mail have
// the same. Text is decoded for it.
func (m *Message) Print() string {
	sum := sha256.New()
	add := func(s string) {
		_, _ = sum.Write([]byte(s)) // never fails
		_, _ = sum.Write([]byte{0})
	}
	add(m.From.Address)
	add(strings.ToLower(m.Title))
	for _, p := range m.parts() {
		if p.inline() {
			t, _ := toUTF8(p.charset, p.decode())
			printText(t, add)
		}
	}
	if m.Attached {
		printText(m.patch.text+"\n"+m.patch.diff, add)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// printText takes the lines above a footer, without empty ones.
func printText(text string, add func(string)) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if strings.HasPrefix(line, "_______________") || strings.HasPrefix(line, "You received this message because you are subscribed to") {
			return
		}
		if line != "" && line != "--" { // what stands above some footers
			add(line)
		}
	}
}
