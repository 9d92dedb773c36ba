package signs

import "testing"

// A function that only loses its static, and the prototype that it gets for that, over
// however many lines, are no new functions.
func TestDeclarationIsNoFunction(t *testing.T) {
	for _, tt := range []struct {
		name, hunk string
		net        int
	}{
		{"loses static", "-static int acme_load(struct acme *a,\n-\t\t     int cpu)\n+int acme_load(struct acme *a,\n+\t      int cpu)\n {\n", 0},
		{"prototype", " struct acme;\n+int acme_load(struct acme *a,\n+\t      int cpu);\n", 0},
		{"prototype whose end stands already", "+int acme_load(struct acme *a,\n-int acme_load(struct acme_one *a,\n \t      int cpu);\n", 0},
		{"prototype with an attribute behind it", "+int acme_load(struct acme *a,\n+\t      int cpu)\n+\t__must_check;\n", 0},
		{"prototype with attributes over lines", "+void acme_say(const char *fmt, ...)\n+\t__cold\n+\t__printf(1, 2);\n", 0},
		{"definition with an attribute", "+int acme_load(struct acme *a)\n+\t__releases(&a->lock)\n+{\n+\treturn 0;\n+}\n", 1},
		{"definition", "+int acme_load(struct acme *a,\n+\t      int cpu)\n+{\n+\treturn 0;\n+}\n", 1},
		{"definition whose body does not show", "+int acme_load(struct acme *a,\n+\t      int cpu)\n", 1},
	} {
		if got := codeOf(t, "drivers/acme/a.h", tt.hunk).Net(SignFunction); got != tt.net {
			t.Errorf("%s: %d functions more, want %d", tt.name, got, tt.net)
		}
	}
}
