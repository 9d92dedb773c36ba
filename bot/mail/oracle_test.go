package mail

import (
	"bytes"
	"io"
	"strings"
	"testing"

	message "github.com/emersion/go-message"
)

// TestAgainstGoMessage holds the decoders of this package to what go-message
// makes of the same mail, for every mail of the fixtures that go-message reads.
// Where the two differ on purpose, the case says why.
func TestAgainstGoMessage(t *testing.T) {
	differ := map[string]string{
		"latin1-unlabelled": "go-message leaves 8-bit text without a label as it is",
		"wrong-label":       "the label is wrong",
		"no-boundary":       "go-message finds no part",
		"bad-header-line":   "go-message gives up",
		"flowed":            "go-message leaves soft breaks",
		"flowed-label-only": "go-message leaves stuffing",
		"flowed-delsp":      "go-message leaves soft breaks",
		"format-patch-file": "go-message takes the envelope line for a header",
		"bare-diff":         "go-message takes the diff for a header",
	}
	for _, f := range loadFixtures(t) {
		m, err := Scan(f.raw)
		if err != nil {
			t.Fatal(err)
		}
		want, got := goMessage(f.raw), m.Text()
		same := strings.TrimRight(want, "\n") == strings.TrimRight(got, "\n")
		switch why, ok := differ[f.name]; {
		case !ok && !same:
			t.Errorf("%s\ngo-message: %q\ngot:        %q", f.name, want, got)
		case ok && same:
			t.Errorf("%s: no difference any more (%s)", f.name, why)
		}
	}
}

// goMessage is the plain text that go-message finds in a mail.
func goMessage(raw []byte) string {
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil || err != nil && !message.IsUnknownCharset(err) {
		return ""
	}
	var out joined
	_ = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if part == nil {
			return err
		}
		kind, _, _ := part.Header.ContentType()
		disposition, _, _ := part.Header.ContentDisposition()
		if kind != "text/plain" || disposition == "attachment" {
			return nil
		}
		b, err := io.ReadAll(part.Body)
		if err != nil && len(b) == 0 {
			return err
		}
		out.add(strings.ReplaceAll(string(b), "\r\n", "\n"))
		return nil
	})
	return out.String()
}
