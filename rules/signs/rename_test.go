package signs

import "testing"

func TestRenames(t *testing.T) {
	for _, tt := range []struct {
		name, hunk string
		renames    bool
		defined    bool
	}{
		{"a name in all its places", "\n-int recieved;\n+int received;\n a;\n-return recieved;\n+return received;\n", true, false}, //nolint:misspell // the typo is the case
		{"a constant with its definition", "\n-\tMODE_TAUI = 23,\n+\tMODE_GAUI = 23,\n a;\n-\tcase MODE_TAUI:\n+\tcase MODE_GAUI:\n", true, true},
		{"a macro with its definition", "\n-#define OLD 1\n+#define NEW 1\n a;\n-use(OLD);\n+use(NEW);\n", true, true},
		{"another argument, twice", "\n-\t\tslice_width,\n+\t\tslice_height,\n a;\n-\tuse(slice_width);\n+\tuse(slice_height);\n", true, false},
		{"another constant, twice", "\n-\twrite(OLD);\n+\twrite(NEW);\n a;\n-\tread(OLD);\n+\tread(NEW);\n", true, false},
		{"one line: both names exist", "\n-x = ring->rx;\n+x = ring->tx;\n", false, false},
		{"two names", "\n-int a;\n+int b;\n-int c;\n+int d;\n", false, false},
		{"a line more", "\n-int a;\n+int b;\n-use(a);\n+use(b);\n+more();\n", false, false},
		{"an operator as well", "\n-a + a;\n+b - b;\n-a;\n+b;\n", false, false},
	} {
		if renames, defined := Renames(hunkOf(t, "drivers/a.c", tt.hunk).Files); renames != tt.renames || defined != tt.defined {
			t.Errorf("%s: %v, %v", tt.name, renames, defined)
		}
	}
}

func TestReorders(t *testing.T) {
	for _, tt := range []struct {
		name, hunk string
		want       bool
	}{
		{"two rows change places", "\n-\trow(\"WR\"),\n+\trow(\"WM\"),\n a;\n-\trow(\"WM\"),\n+\trow(\"WR\"),\n", true},
		{"one of them differs", "\n-\trow(\"WR\"),\n+\trow(\"WM\"),\n a;\n-\trow(\"WM\"),\n+\trow(\"WS\"),\n", false},
		{"two statements", "\n-\tclock_on(d);\n+\treset(d);\n a;\n-\treset(d);\n+\tclock_on(d);\n", false},
		{"a row more", "\n+\trow(\"WM\"),\n", false},
	} {
		if got := Reorders(hunkOf(t, "drivers/a.c", tt.hunk).Files); got != tt.want {
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
