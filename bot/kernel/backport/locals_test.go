package backport

import (
	"fmt"
	"testing"
)

// TestStrays: a line that came without the declaration of what it uses.
func TestStrays(t *testing.T) {
	const branch = `static int ring_stop(struct ring *ring, int how)
{
	int r = 0, late = how;

	ring_lock(ring);
	r = ring_drain(ring, late);
	ring_unlock(ring);
	return r;
}
`
	merged := func(line string) string {
		return branch[:len(branch)-len("\treturn r;\n}\n")] + line + "\treturn r;\n}\n"
	}
	mainline := func(head string) string {
		return "static int ring_stop(struct ring *ring, struct gpu *gpu, int how)\n{\n" + head + "\tint r;\n\n\treturn r;\n}\n"
	}
	for name, c := range map[string]struct{ line, head, want string }{
		"a variable":             {"\tif (left > 2)\n\t\tr = -EBUSY;\n", "\tu64 left = ring_left(ring);\n", "[{left ring_stop}]"},
		"one behind a comma":     {"\tif (left > 2)\n\t\tr = -EBUSY;\n", "\tu64 done, *left = NULL;\n", "[{left ring_stop}]"},
		"an argument":            {"\tgpu_kick(gpu);\n", "", "[{gpu ring_stop}]"},
		"a list":                 {"\tlist_splice(&gone, all);\n", "\tLIST_HEAD(gone);\n", "[{gone ring_stop}]"},
		"of a loop":              {"\tr += i;\n", "\tfor (int i = 0; i < 3; i++)\n\t\tkick();\n", "[{i ring_stop}]"},
		"brought along":          {"\tif (ring->left)\n\t\tr = late;\n", "\tint late;\n", "[]"},
		"declared in its block":  {"\tif (r) {\n\t\tint left = 1;\n\n\t\tr = left;\n\t}\n", "\tint left;\n", "[]"},
		"a member":               {"\tr = ring->left + how;\n", "\tint left;\n", "[]"},
		"a call":                 {"\tr = left(how);\n", "\tint left;\n", "[]"},
		"a global":               {"\tr = ring_count;\n", "", "[]"},
		"in a comment":           {"\t/* what is left */\n", "\tint left;\n", "[]"},
		"behind a return":        {"\tr = left;\n", "\treturn left;\n", "[]"},
		"the function is as was": {"", "\tint left;\n", "[]"},
	} {
		got := Strays([]byte(branch), []byte(merged(c.line)), []byte(mainline(c.head)))
		if fmt.Sprint(rawStrays(got)) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	if got := Strays([]byte(merged("\tr = left;\n")), []byte(merged("\tr = left + 1;\n")), []byte(mainline("\tint left;\n"))); len(got) > 0 {
		t.Errorf("the branch used it already: %v", got)
	}
}

func rawStrays(in []Stray) (out []struct{ Name, Function string }) {
	for _, s := range in {
		out = append(out, s)
	}
	return out
}

// TestIdle: a declaration that came without what uses it.
func TestIdle(t *testing.T) {
	const branch = "static void ring_stop(struct ring *ring)\n{\n\tint r = 0;\n\n\tring_halt(ring, r);\n}\n"
	head := "\tint r = 0;\n\tstruct gpu *gpu = ring->up;\n\n"
	merged := "static void ring_stop(struct ring *ring)\n{\n" + head + "\tring_halt(ring, r);\n}\n"
	mainline := "static void ring_stop(struct ring *ring)\n{\n" + head + "\tring_halt(ring, r);\n\tgpu_done(gpu);\n}\n"
	if got := fmt.Sprint(rawStrays(Idle([]byte(branch), []byte(merged), []byte(mainline)))); got != "[{gpu ring_stop}]" {
		t.Errorf("of the one that is declared and not used: %s", got)
	}
	for name, c := range map[string][2]string{
		"the branch declares it so": {merged, merged + "static int other(void)\n{\n\treturn 1;\n}\n"},
		"it is used":                {branch, mainline},
	} {
		if got := Idle([]byte(c[0]), []byte(c[1]), []byte(mainline)); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := Idle([]byte(branch), []byte(merged), []byte(merged)); len(got) > 0 {
		t.Errorf("mainline does not use it either: %v", got)
	}
}
