//go:build unix

package report

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/peers"
)

// harvest asks b4 itself which trailers it would take from replies.
const harvest = `
import sys, json
sys.path.insert(0, '/usr/lib/python3/dist-packages')
import b4
print(json.dumps([[t.name + ': ' + t.value for t in b4.LoreMessage.find_trailers(text, followup=True)[0]] for text in json.load(sys.stdin)]))
`

// TestB4 holds that b4 harvests nothing from any reply, also when a stranger's
// mail tries to put a trailer there.
func TestB4(t *testing.T) {
	peers.Need(t, "b4")
	texts := []string{"Looks good.\n\n    Reviewed-by: Ada Example <ada@example.org>\n"} // what it does harvest, indented or not
	for _, p := range cases() {
		text, err := reply(p).Text()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	for _, s := range hostile {
		text, err := poison(s).Text()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/usr/bin/python3", "-c", harvest)
	c.Stdin = bytes.NewReader(in)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("asking b4: %v", err)
	}
	var found [][]string
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != len(texts) || len(found[0]) != 1 {
		t.Fatalf("b4 says %q of the trailer that it should find", found)
	}
	for i, f := range found[1:] {
		if len(f) > 0 {
			t.Errorf("b4 harvests %q from:\n%s", f, texts[i+1])
		}
	}
}
