package flow

import (
	"bytes"
	"encoding/gob"
	"errors"
	"reflect"
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

// What is judged by another process comes to it whole, with what could not be read.
func TestCoding(t *testing.T) {
	read := &change.Change{ID: "a1", Kind: change.Commit, Subject: "drm/x: fix a hang"}
	damaged := &change.Change{ID: "b2", Kind: change.Commit, Damage: errors.New("git am will refuse it at line 12")}
	for _, c := range []*change.Change{read, damaged} {
		b, err := EncodeChange(c)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeChange(b); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%s came as %+v, %v", c.ID, got, err)
		}
	}
	if damaged.Damage == nil {
		t.Error("what was encoded was changed")
	}
	p := &Pull{State: PullState{Key: PullKey("gh", "o/r", 1), Override: &Override{Who: "mary"}}, Head: "b2",
		Base:     Base{Branch: "6.6", Kind: BaseStable},
		Commits:  []PullCommit{{Change: read, Folded: []string{"c3"}}, {Change: damaged, Problem: "it has no diff"}},
		Commands: []Command{{Comment: 7, Verb: VerbRecheck}}}
	b, err := EncodePull(p)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodePull(b); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("the pull request came as %+v, %v", got, err)
	}
	if _, err := DecodePull([]byte("nonsense")); err == nil {
		t.Error("nonsense is read")
	}
}

// A commit that an earlier version has stored is read.
func TestDecodeOld(t *testing.T) {
	var b bytes.Buffer
	want := &change.Change{ID: "a1", Kind: change.Commit, Subject: "drm/x: fix a hang"}
	if err := gob.NewEncoder(&b).Encode(want); err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeChange(b.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it came as %+v, %v", got, err)
	}
}
