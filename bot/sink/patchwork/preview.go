package patchwork

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/stablebot/stablebot/bot/flow"
)

// Shown is what an action looks like in a dry run: the check of each patch is a
// file of JSON.
func Shown(a flow.Action) (name []string, text []byte, err error) {
	id, _, err := (&Sink{}).wanted(a)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256([]byte(id))
	return []string{hex.EncodeToString(sum[:8]) + ".json"}, append(a.Message[:len(a.Message):len(a.Message)], '\n'), nil
}
