package refusal

import (
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	const id = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	for _, x := range []struct {
		line, want string // want: of the reason, "-" for no refusal, "!" for an error
		files      string
	}{
		{id[:12] + "\tnot for our boards", "not for our boards", "a.c"},
		{id + " # not for our boards", "not for our boards", "a.c"},
		{strings.ToUpper(id[:8]) + "\tupper", "upper", "a.c"},
		{"ffffffffffff\tanother", "-", "a.c"},
		{"ffffffffffff (\"drm: fix  it\") other ids there", "other ids there", "a.c"},
		{"Omitted-fix: " + id[:12] + " too risky", "too risky", "a.c"},
		{"drivers/staging/*\tno staging", "no staging", "drivers/staging/x/y.c"},
		{"drivers/staging/ # no staging", "no staging", "drivers/staging/y.c"},
		{"drivers/staging/*\tno staging", "-", "drivers/staging/x/y.c net/core/a.c"},
		{"arch/*/kvm # no guests", "no guests", "arch/x86/kvm/vmx.c"},
		{"drivers/staging/x/ # no x", "-", "drivers/staging"},
		{"*/staging # none", "none", "drivers/staging/x/y.c"},
		{"*/staging # none", "-", "drivers/gpu/staging/y.c"},
		{"drivers/*.c # none", "none", "drivers/a.c"},
		{"# a comment", "-", "a.c"},
		{"what is this", "!", "a.c"},
		{"[/\tx", "!", "a.c"},
	} {
		r := New()
		err := r.Read(strings.NewReader(x.line+"\n"), "no.txt")
		if (err != nil) != (x.want == "!") {
			t.Errorf("%q: %v", x.line, err)
			continue
		}
		switch got := r.Of(id, "drm: fix it", strings.Fields(x.files)); {
		case x.want == "!":
		case (got == nil) != (x.want == "-"):
			t.Errorf("%q: %+v, want %q", x.line, got, x.want)
		case got != nil && got.Reason != x.want:
			t.Errorf("%q: reason %q, want %q", x.line, got.Reason, x.want)
		}
	}
}
