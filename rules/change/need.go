package change

import (
	"slices"
	"strings"
	"time"
)

// Need is a change that another one says it needs first, in a field of its own: the
// lines that git format-patch --base and b4 write, and those that people write by
// hand. What a stable tag names is in StableTag.Needs.
type Need struct {
	Form  string // as the field is called: "prerequisite-patch-id", "Depends-on"
	Value string // as written

	// What it names; all are empty where that is nothing that can be looked up.
	PatchID, MessageID, SHA, Subject string

	// Title is that of the mail that it names, where that is at hand; Fresh says
	// that it was posted so lately that no release can have it.
	Title string `json:",omitempty"`
	Fresh bool   `json:",omitempty"`
}

// FreshFor is how long a release takes to come: what was posted within it before a
// change that needs it cannot have been in the kernel that this was written for.
const FreshFor = 63 * 24 * time.Hour

// What is the name of what it needs for a reader: its title, else what was written.
func (n *Need) What() string {
	switch {
	case n.Title != "":
		return n.Title
	case n.Subject != "":
		return n.Subject
	}
	return n.Value
}

// OfBase reports whether git wrote it beside the commit that a series is based on: then it
// is said of the whole series, wherever it stands.
func (n *Need) OfBase() bool { return strings.HasPrefix(strings.ToLower(n.Form), "prerequisite-") }

// needForms are the fields, in lower case; each names one thing.
var needForms = []string{"prerequisite-patch-id", "prerequisite-message-id", "prerequisite-change-id", "depends-on", "based-on"}

// maxNeeds are read of one mail.
const maxNeeds = 64

// ReadNeeds reads what a text says that it needs first, each once.
func ReadNeeds(text string) []Need {
	var out []Need
	for _, word := range []string{"rerequisite-", "epends-", "EPENDS-", "ased-"} {
		if strings.Contains(text, word) {
			return readNeeds(text)
		}
	}
	return out
}

func readNeeds(text string) []Need {
	var out []Need
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || len(name) > len("prerequisite-message-id") || !slices.Contains(needForms, strings.ToLower(name)) {
			continue
		}
		n := Need{Form: name, Value: Clip(strings.TrimSpace(value), MaxSubject)}
		n.read()
		if n.Value != "" && strings.Trim(n.Value, "0") != "" && !slices.ContainsFunc(out, func(o Need) bool { return o.Value == n.Value }) {
			out = append(out, n)
		}
		if len(out) == maxNeeds {
			break
		}
	}
	return out
}

// read takes the value apart.
func (n *Need) read() {
	form := strings.ToLower(n.Form)
	if form == "prerequisite-patch-id" {
		if id, rest := sha(n.Value); len(id) == 40 && strings.TrimSpace(rest) == "" {
			n.PatchID = id
		}
		return
	}
	if form == "prerequisite-change-id" {
		return // of b4; it stands in no mail header
	}
	if n.MessageID = messageID(n.Value); n.MessageID != "" {
		return
	}
	if f := appendFixes(nil, Trailer{Value: n.Value}); len(f) > 0 {
		n.SHA, n.Subject = f[0].SHA, f[0].Subject
	}
}

// messageID finds one in "<id>", in the address of an archive's page, and alone.
func messageID(s string) string {
	if _, in, ok := strings.Cut(s, "<"); ok {
		s, _, _ = strings.Cut(in, ">")
	}
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	s, _, _ = strings.Cut(s, "#")
	if _, page, ok := strings.Cut(s, "://"); ok {
		s = ""
		for part := range strings.SplitSeq(page, "/") {
			if strings.Contains(part, "@") {
				s = part
			}
		}
	}
	if i := strings.IndexByte(s, '@'); i <= 0 || i == len(s)-1 {
		return ""
	}
	return s
}
