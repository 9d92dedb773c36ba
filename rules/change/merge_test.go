package change

import "testing"

func TestMergeThreadTrailers(t *testing.T) {
	c, err := Parse(Input{Kind: Mail, Subject: "[PATCH] x: y", To: []string{"stable@vger.kernel.org"},
		Text: "Why.\n\nReviewed-by: Ada Example <ada@example.org>\nSigned-off-by: Zoe Example <zoe@example.org>\n"})
	if err != nil {
		t.Fatal(err)
	}
	reply := ParseTrailers("> Acked-by: Quoted Example <q@example.org>\n\nThanks.\n\n" +
		"Reviewed-by: A. Example <Ada@example.org>\nTested-by: Bo Tester <bo@example.com>\nTested-by: me\n" +
		"Fixes: 0123456789ab (\"x: begin\")\nCc: stable@vger.kernel.org # 6.6+\nCc: Cy <cy@example.com>\n" +
		"Signed-off-by: Eve <eve@example.com>\n-- \nAcked-by: Signature Example <s@example.org>\n")
	if n := MergeThreadTrailers(c, "r1@example.com", reply); n != 3 {
		t.Errorf("%d added: want the test, the culprit and the request", n)
	}
	if n := MergeThreadTrailers(c, "r2@example.com", reply); n != 0 {
		t.Errorf("%d added by the same answer again", n)
	}
	if got := len(c.Trailers); got != 5 {
		t.Errorf("%d trailers: %v", got, c.Trailers)
	}
	last := c.Trailers[2]
	if last.Key != "Tested-by" || last.FromThread != "r1@example.com" || last.Line != 0 {
		t.Errorf("%+v", last)
	}
	if len(c.Fixes) != 1 || len(c.Stable) != 1 || c.Stable[0].Recipient || c.Stable[0].Versions[0] != "6.6" {
		t.Errorf("fixes %v, stable %+v: a tag replaces the recipient", c.Fixes, c.Stable)
	}
}

func TestParsePerson(t *testing.T) {
	for in, want := range map[string]Person{
		"Ada Example <Ada@Example.org>":            {"Ada Example", "ada@example.org"},
		`"Example, Ada" <ada@example.org>`:         {"Example, Ada", "ada@example.org"},
		"=?ISO-8859-1?Q?Zo=EB?= <zoe@example.org>": {"Zoë", "zoe@example.org"},
		"ada@example.org":                          {"", "ada@example.org"},
		"ada@example.org (Ada Example)":            {"Ada Example", "ada@example.org"},
		"Ada Example":                              {"Ada Example", ""},
		"<ada@example.org":                         {"", "ada@example.org"},
		"":                                         {},
	} {
		if got := ParsePerson(in); got != want {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
}

func TestTrailerKeys(t *testing.T) {
	for line, want := range map[string]string{
		"reviewed-by: A <a@example.org>":     "Reviewed-by",
		"Singed-off-by: A <a@example.org>":   "Signed-off-by",
		"Rreviewed-by: A <a@example.org>":    "Reviewed-by",
		"Build-tested-by: A <a@example.org>": "Build-tested-by",
		"Tested-on: a lamp":                  "Tested-on",
		"CC: stable@vger.kernel.org":         "Cc",
		"Cc:stable@vger.kernel.org":          "Cc",
		"Cc : stable@vger.kernel.org":        "Cc",
		"Note: not a tag":                    "",
		"http://example.org":                 "",
		"Reviewed-by A <a@example.org>":      "",
		"> Reviewed-by: A <a@example.org>":   "",
		"    Reviewed-by: A <a@example.org>": "",
	} {
		got := ""
		if ts := ParseTrailers(line); len(ts) > 0 {
			got = ts[0].Key
		}
		if got != want {
			t.Errorf("%q: key %q, want %q", line, got, want)
		}
	}
}
