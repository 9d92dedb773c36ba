package preview

import (
	"strings"
	"testing"
)

// A mail is shown as its reader sees it.
func TestReadable(t *testing.T) {
	const head = "Subject: x\r\nContent-Transfer-Encoding: "
	for in, want := range map[string]string{
		head + "quoted-printable\r\n\r\nnever NULL =E2=80=94 it =\r\nstill\r\n--=20\r\n": head +
			"8bit\r\n\r\nnever NULL \u2014 it still\r\n-- \r\n",
		head + "7bit\r\n\r\na=20b\r\n": head + "7bit\r\n\r\na=20b\r\n",
		"no mail":                      "no mail",
	} {
		if got := (Reply{Mail: in}).Readable(); got != want {
			t.Errorf("%q, want %q", got, strings.TrimSpace(want))
		}
	}
}
