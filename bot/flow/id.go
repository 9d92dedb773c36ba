package flow

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/stablebot/stablebot/rules/change"
)

// OtherID is the ID of a mail whose Message-ID another mail has.
func OtherID(messageID, print string) string { return messageID + otherMark + print }

const otherMark = "~"

var otherID = regexp.MustCompile(otherMark + `[0-9a-f]{16}$`)

// MessageID is the Message-ID of a mail by its ID.
func MessageID(id string) string { return otherID.ReplaceAllString(id, "") }

// coded is a change as it is written: an error has no form of its own there.
type coded struct {
	Of     *change.Change
	Damage string
}

func code(c *change.Change) coded {
	if c == nil || c.Damage == nil {
		return coded{Of: c}
	}
	whole := *c
	whole.Damage = nil
	return coded{Of: &whole, Damage: c.Damage.Error()}
}

func (c coded) change() *change.Change {
	if c.Damage != "" {
		c.Of.Damage = errors.New(c.Damage)
	}
	return c.Of
}

// EncodeChange writes a change so that another process can judge it.
func EncodeChange(c *change.Change) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(code(c)); err != nil {
		return nil, fmt.Errorf("encoding commit %s: %w", c.ID, err)
	}
	return b.Bytes(), nil
}

// DecodeChange reads what EncodeChange wrote, of this version and of those before.
func DecodeChange(b []byte) (*change.Change, error) {
	var c coded
	err := gob.NewDecoder(bytes.NewReader(b)).Decode(&c)
	if err == nil && c.Of != nil {
		return c.change(), nil
	}
	plain := &change.Change{}
	if old := gob.NewDecoder(bytes.NewReader(b)).Decode(plain); old != nil {
		return nil, fmt.Errorf("decoding a stored commit: %w", errors.Join(err, old))
	}
	return plain, nil
}

// codedPull is a pull request as it is written.
type codedPull struct {
	Of      Pull
	Changes []coded // of its commits
}

// EncodePull writes a pull request so that another process can judge it.
func EncodePull(p *Pull) ([]byte, error) {
	c := codedPull{Of: *p}
	c.Of.Commits = slices.Clone(p.Commits)
	for i := range c.Of.Commits {
		c.Changes = append(c.Changes, code(p.Commits[i].Change))
		c.Of.Commits[i].Change = nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(c); err != nil {
		return nil, fmt.Errorf("encoding %s: %w", p.State.Key, err)
	}
	return b.Bytes(), nil
}

// DecodePull reads what EncodePull wrote.
func DecodePull(b []byte) (*Pull, error) {
	var c codedPull
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&c); err != nil {
		return nil, fmt.Errorf("decoding a stored pull request: %w", err)
	}
	if len(c.Changes) != len(c.Of.Commits) {
		return nil, fmt.Errorf("decoding a stored pull request: it has %d commits and %d changes", len(c.Of.Commits), len(c.Changes))
	}
	for i := range c.Changes {
		c.Of.Commits[i].Change = c.Changes[i].change()
	}
	return &c.Of, nil
}
