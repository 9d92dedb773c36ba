package signs

import "testing"

func TestRenames(t *testing.T) {
	for _, tt := range []struct {
		name, hunk string
		want       bool
	}{
		{"a name in all its places", "\n-int recieved;\n+int received;\n a;\n-return recieved;\n+return received;\n", true}, //nolint:misspell // the typo is the case
		{"one line: both names exist", "\n-x = ring->rx;\n+x = ring->tx;\n", false},
		{"two names", "\n-int a;\n+int b;\n-int c;\n+int d;\n", false},
		{"a line more", "\n-int a;\n+int b;\n-use(a);\n+use(b);\n+more();\n", false},
		{"an operator as well", "\n-a + a;\n+b - b;\n-a;\n+b;\n", false},
	} {
		if got := Renames(hunkOf(t, "drivers/a.c", tt.hunk).Files); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestCrashLine(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"reading it:\n[   12.3] bug: kernel null pointer dereference, address: 8\n", true},
		{"jan 1 host kernel: info: task kworker:77 blocked for more than 120 seconds.\n", true},
		{"  call trace:\n   show+0x1\n", true},
		{"the driver adds a handler for whatever follows in the log after the words call trace: and for more of its kind\n", false},
		{"v2: no more oops: mend the path\n", false},
		{"1234567890ab bug: kernel null pointer dereference in show\n", false},
	} {
		if got := crashLine(tt.text) >= 0; got != tt.want {
			t.Errorf("%q: %v", tt.text, got)
		}
	}
}
