package change

import (
	"slices"
	"strings"
	"time"
)

// Input is what a mail or a commit gives, transfer-decoded.
type Input struct {
	ID      string
	Kind    Kind
	Subject string // decoded and unfolded, brackets and Re: still in it
	Author  Person // the sender or git author; an in-body From overrides it
	Date    time.Time
	// Text is all below the header: message, "---", notes, diff, signature for
	// a mail; the message below the title for a commit.
	Text string
	// Diff is the patch when it is not in Text: a commit's, or an attachment.
	Diff   string
	To, Cc []string
	// Header are the tags by which a distribution's patch file names the commit that
	// it carries, where they stand in the mail's header.
	Header []Trailer
}

// Parse reads one change. The change is never nil: with an error it holds
// everything but Files and Size, so that nothing disappears silently. A mail
// without any diff is no error; see the errors of this package for the rest.
func Parse(in Input) (*Change, error) {
	in.Subject = Clip(in.Subject, MaxSubject)
	c := &Change{ID: in.ID, Kind: in.Kind, Author: in.Author, Date: in.Date, To: in.To, Cc: in.Cc}
	text, diff := toLF(in.Text), toLF(in.Diff)
	subject, lead := in.Subject, 0
	if in.Kind == Mail {
		m := splitMail(text)
		if m.diff == "" && diff != "" {
			m = attached(m, diff)
		}
		c.Body, c.Notes, c.Base, diff, lead = m.body, m.notes, m.base, m.diff, m.lead
		c.Needs = append(ReadNeeds(c.Body+"\n"+c.Notes+"\n"+diff[max(0, len(diff)-baseTail):]), notedNeeds(c.Notes)...)
		if m.author != "" {
			c.Author = ParsePerson(m.author)
		}
		if m.subject != "" {
			subject = Clip(m.subject, MaxSubject)
		}
	} else {
		c.Body = trimRight(skipBlank(text))
	}
	c.Author.Name, c.Author.Address = Clip(c.Author.Name, MaxName), Clip(c.Author.Address, MaxName)
	c.Prefix, c.Subject = ParseSubject(subject)
	if in.Kind == Commit && !c.Prefix.Patch {
		// What git am left in brackets, or "fw:" for firmware, is the title's own.
		c.Prefix, c.Subject = Prefix{Version: 1}, subject
	}
	c.readTitle()
	c.readBody()
	for _, t := range in.Header {
		c.readProvenance(t)
	}
	c.Prefix.Settle(c.Date, AsksStable(c.To...) || AsksStable(c.Cc...) || slices.ContainsFunc(c.Origin, func(o Origin) bool { return o.Form == FormUpstream }))
	c.readRequest(diff != "")
	if diff == "" {
		return c, noPatch(in.Kind, text)
	}
	return c, c.readDiff(diff, lead)
}

// readBody takes in the tags and marks of the message.
func (c *Change) readBody() {
	var odd []int
	c.Trailers, odd = scanTrailers(c.Body)
	for _, t := range c.Trailers {
		switch t.Key {
		case "Fixes":
			c.Fixes = appendFixes(c.Fixes, t)
		case "Stable-dep-of":
			for _, f := range appendFixes(nil, t) {
				c.DependsOn = append(c.DependsOn, Origin{SHA: f.SHA, Subject: f.Subject, Form: "dep-of", Line: f.Line})
			}
		}
	}
	c.readStable(odd)
	c.readOrigins()
	for _, t := range c.Trailers {
		c.readProvenance(t)
	}
}

// toLF makes LF of CRLF: a path that ends in CR is no path.
func toLF(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

// IsPatch is a cheap test whether a decoded text may hold a patch: false means
// that it has none, true that Parse is worth calling.
func IsPatch(text string) bool {
	return strings.Contains(text, "\n@@ -") || strings.Contains(text, "\ndiff --git ") ||
		strings.HasPrefix(text, "diff --git ") || strings.HasPrefix(text, "@@ -")
}
