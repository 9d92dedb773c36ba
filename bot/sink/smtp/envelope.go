package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
)

// envelope is whom a mail goes to.
type envelope struct {
	to   []string
	utf8 bool // an address is not ASCII
}

// envelopeOf reads the recipients out of the mail itself, so that what its
// readers see is whom it went to.
func envelopeOf(raw []byte) (envelope, error) {
	var e envelope
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return e, fmt.Errorf("reading the header of the mail: %w", err)
	}
	header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if hasBcc(header) {
		return e, errors.New("the mail has a Bcc field, which the bot never writes; it is not sent")
	}
	mh := mail.HeaderFromMap(map[string][]string{})
	for f := h.Fields(); f.Next(); {
		mh.Add(f.Key(), f.Value())
	}
	for _, k := range []string{"To", "Cc"} {
		list, err := mh.AddressList(k)
		if err != nil {
			return e, fmt.Errorf("reading the recipients in %s: %w", k, err)
		}
		for _, a := range list {
			if strings.ContainsFunc(a.Address, func(r rune) bool { return r >= 0x80 }) {
				e.utf8 = true
			}
			if !slices.Contains(e.to, a.Address) {
				e.to = append(e.to, a.Address)
			}
		}
	}
	if len(e.to) == 0 {
		return e, errors.New("the mail names no recipient")
	}
	return e, nil
}
