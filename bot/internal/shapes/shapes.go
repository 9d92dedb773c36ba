// Package shapes makes mails and patches that are made to be expensive: each is
// of a kind that once took minutes, or a gigabyte.
package shapes

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Shape is one of them.
type Shape struct {
	Name string
	Mail []byte
}

const (
	head = "From: Eve Example <eve@evil.example.com>\nTo: list@lists.example.org\nMessage-ID: <a@evil.example.com>\n" +
		"Date: Mon, 5 Jan 2026 10:00:00 +0000\n"
	subject = "Subject: [PATCH] drm/amdgpu: fix a hang\n"
	message = "\nA hang.\n\nFixes: 0123456789ab (\"drm/amdgpu: a title\")\nSigned-off-by: Eve Example <eve@evil.example.com>\n---\n"
	diff    = "diff --git a/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c b/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c\n" +
		"--- a/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c\n+++ b/drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c\n"
	hunk = "@@ -1,3 +1,4 @@ static int f(void)\n a\n b\n+\tif (x)\n c\n"
)

// Mails returns all of them.
func Mails() []Shape {
	var out []Shape
	add := func(name string, parts ...string) { out = append(out, Shape{name, []byte(strings.Join(parts, ""))}) }
	rep := strings.Repeat
	patch := func(name, subject, message, diff string) { add(name, head, subject, message, diff) }
	long := func(line string) string { return diff + "@@ -1,1 +1,2 @@\n a\n+" + line + "\n" }
	block := func(op, lines string) string {
		n := strings.Count(lines, "\n")
		return diff + fmt.Sprintf("@@ -0,0 +1,%d @@\n", n) + strings.ReplaceAll(op+strings.TrimSuffix(lines, "\n"), "\n", "\n"+op) + "\n"
	}

	patch("one line of versions", subject, message, long(rep("IP_VERSION(11, 0, 3) ", 75000)))
	patch("one line of new versions", subject, message, long(numbered("IP_VERSION(%d, %d, 3) GC_HWIP ", 50000)))
	patch("one line of comparisons", subject, message,
		strings.ReplaceAll(long(numbered("DISPLAY_VER(x) == %d || GRAPHICS_VER(x) >= %d", 40000)), "amd/amdgpu", "i915"))
	patch("one line of open comparisons", subject, message, strings.ReplaceAll(long(rep("DISPLAY_VER(", 80000)), "amd/amdgpu", "i915"))
	patch("one line of open quotes", subject, message, strings.ReplaceAll(long(rep("\"a,", 400000)), "amd/amdgpu", "msm"))
	patch("one line of identifiers", subject, message, long(numbered("gfx_v%d_%d ", 80000)))
	patch("one line of register numbers", subject, message, long("PCI "+rep("0x7480 ", 150000)))
	patch("many lines of versions", subject, message, block("+", numbered("case IP_VERSION(%d, %d, 1):\n", 60000)))
	patch("many chips", subject, message, block("+", numbered("\tgfx%d%d(x);\n", 60000)))
	patch("one line of calls", subject, message, long(rep("f(", 500000)))
	patch("one line of closing brackets", subject, message, long(rep(")", 1000000)))
	patch("one line of strings", subject, message, long(rep("\"x\" ", 250000)))
	patch("one line of comments", subject, message, long(rep("/* a */ ", 120000)))
	patch("one line of open comments", subject, message, long(rep("/*", 500000)))
	patch("one line of prints", subject, message, long(rep("dev_err(dev, \"x\"); ", 50000)))
	patch("many lines of open prints", subject, message, block("+", rep("\tdev_err(dev, \"x\"\n", 60000)))
	patch("lines of one byte", subject, message, block("+", rep("\n", 240000)))
	patch("many lines of calls", subject, message, block("+", numbered("\tfoo_%d(bar_%d);\n", 60000)))
	patch("many removed and added", subject, message, changes(60000))
	patch("40,000 hunks", subject, message, diff+hunks(40000))
	patch("10,000 files", subject, message, files(10000))
	patch("one hunk of equal lines", subject, message, equal(1, 100000))
	patch("1,000 hunks of equal lines", subject, message, equal(1000, 30))

	patch("a subject of versions", "Subject: [PATCH "+numbered("%d.%d.y ", 50000)+"] x: fix\n", message, diff+hunk)
	patch("a subject of joined versions", "Subject: [PATCH "+numbered("%d.%d/", 50000)+"5.4] x: fix\n", message, diff+hunk)
	patch("a subject of joined versions, broken", "Subject: [PATCH "+numbered("%d.%d/", 50000)+"x v1] x: fix\n", message, diff+hunk)
	patch("a subject of joined patches", "Subject: [patch-"+rep("patch-", 60000)+"] x: fix\n", message, diff+hunk)
	patch("a subject of joined resends", "Subject: ["+rep("rfc/resend_", 60000)+"v2] x: fix\n", message, diff+hunk)
	patch("a subject of brackets", "Subject: "+rep("[", 200000)+rep("]", 200000)+" x: fix\n", message, diff+hunk)
	patch("a subject of open brackets", "Subject: "+rep("[a] [", 100000)+" x: fix\n", message, diff+hunk)
	patch("a subject of replies", "Subject: "+rep("Re: ", 100000)+"x: fix\n", message, diff+hunk)
	patch("a subject of of", "Subject: [PATCH "+rep("1 of ", 100000)+"] x: fix\n", message, diff+hunk)
	patch("a subject of words", "Subject: [PATCH] "+rep("fix ", 200000)+"\n", message, diff+hunk)
	patch("a subject of letters", "Subject: [PATCH] "+rep("a", 800000)+"\n", message, diff+hunk)
	patch("a subject of encoded words", "Subject: "+rep("=?utf-8?q?a?= ", 60000)+"\n", message, diff+hunk)
	patch("a subject of open encoded words", "Subject: "+rep("=?", 400000)+"\n", message, diff+hunk)
	patch("a subject of half encoded words", "Subject: "+rep("=?utf-8?q?", 80000)+"\n", message, diff+hunk)
	patch("a subject of two charsets", "Subject: "+rep("=?utf-8?q?a?= =?latin1?q?b?= ", 30000)+"\n", message, diff+hunk)

	add("140,000 encoded words", "From: "+rep("=?utf-8?q?a?= ", 70000)+"<eve@evil.example.com>\nTo: "+rep("=?utf-8?b?YQ==?= <a@b.example>, ",
		30000)+"\n", subject, message, diff, hunk)
	add("130,000 To", rep("To: a@b\n", 125000), head, subject, message, diff, hunk)
	add("130,000 To and Cc", rep("To: a@b\nCc: c@d\n", 62000), head, subject, message, diff, hunk)
	add("one To of commas", head, "Cc: "+rep(",", 1000000)+"\n", subject, message, diff, hunk)
	add("one To of names", head, "Cc: "+rep("a b, ", 200000)+"\n", subject, message, diff, hunk)
	add("one To of quotes", head, "Cc: "+rep("\"a, ", 250000)+"\n", subject, message, diff, hunk)
	add("one To of colons", head, "Cc: "+rep(":a, ", 250000)+"\n", subject, message, diff, hunk)
	add("one To of brackets", head, "Cc: "+rep("<", 1000000)+"\n", subject, message, diff, hunk)
	add("one To of comments", head, "Cc: "+rep("(", 500000)+rep(")", 499000)+"\n", subject, message, diff, hunk)
	add("125,000 references", head, "References:"+numbered(" <%d.%d@x>\n", 70000), subject, message, diff, hunk)
	add("125,000 equal references", head, "References:"+rep(" <a@b>\n", 125000), "In-Reply-To: <a@b>\nSubject: Re: x\n\nNAK\n")
	add("references without end", head, "References: "+rep("<", 1000000)+"\n", subject, message, diff, hunk)
	add("received", rep("Received: from a by b; Mon, 5 Jan 2026 10:00:00 +0000\n", 17000), head, subject, message, diff, hunk)
	add("folded", head, "Cc: "+rep("a@b,\n ", 150000)+"\n", subject, message, diff, hunk)
	add("7 MB of header lines", rep("X-A: b\n", 1<<20), head, subject, message, diff, hunk)
	add("a type of parameters", head, "Content-Type: text/plain"+rep("; a=b", 180000)+"\n", subject, message, diff, hunk)
	add("a date of words", strings.Replace(head, "Date: Mon", "Date: "+rep("x ", 400000), 1), subject, message, diff, hunk)

	add("16 nested multiparts", nested(16, 7<<20)...)
	add("1,000 parts", multipart(1000, rep("x", 7<<10), "")...)
	add("1,000 quoted-printable parts", multipart(1000, rep("=\n", 3<<10), "Content-Transfer-Encoding: quoted-printable\n")...)
	add("400,000 empty parts", multipart(200000, "", "")...)
	add("1,000 patches attached", multipart(1000, diff+hunk, "Content-Disposition: attachment; filename=a.patch\n")...)
	add("base64", head, "Content-Transfer-Encoding: base64\n", subject, "\n", base64.StdEncoding.EncodeToString([]byte(rep("a\n", 2<<20))))
	add("boundaries", head, "Content-Type: multipart/mixed; boundary=a\n", subject, "\n", rep("--a\n\n", 1<<20))
	add("dashes", head, "Content-Type: multipart/mixed; boundary="+rep("-", 60000)+"\n", subject, "\n--"+rep("-", 60000)+"\n\n",
		rep("-", 7<<20))
	add("flowed", head, "Content-Type: text/plain; format=flowed\n", subject, message, rep("> a \n", 1<<20))
	add("charset", head, "Content-Type: text/plain; charset=iso-2022-jp\n", subject, message, rep("\x1b$B\x1b(B", 1<<20), diff, hunk)
	add("utf-16", head, "Content-Type: text/plain; charset=utf-16\n", subject, message, rep("\xd8\x00", 3<<20))

	patch("7 MB of text", subject, "\n"+rep("A hang that users meet since the release.\n", 180000)+"---\n", diff+hunk)
	patch("text of one line", subject, "\n"+rep("crash ", 700000)+"\n---\n", diff+hunk)
	patch("text of words that mean something", subject, "\n"+rep("the system hangs, use-after-free and a leak; not a bug: ", 40000)+"\n---\n",
		diff+hunk)
	patch("text of dashes", subject, "\n"+rep("---\n", 400000), diff+hunk)
	patch("text of trailers", subject, "\n"+rep("Cc: stable@vger.kernel.org # 6.1\n", 60000)+"---\n", diff+hunk)
	patch("text of long trailers", subject, "\nCc: stable@vger.kernel.org # "+rep("6.1, ", 300000)+"\n---\n", diff+hunk)
	patch("text of culprits", subject, "\n"+numbered("Fixes: 0123456789a%d (\"a title %d\")\n", 40000)+"---\n", diff+hunk)
	patch("text of open titles", subject, "\nFixes: 0123456789ab (\""+rep("(\" ", 400000)+"\n---\n", diff+hunk)
	patch("text of closed titles", subject, "\nFixes: 0123456789ab (\""+rep("\") ", 400000)+"\n---\n", diff+hunk)
	patch("text of keys", subject, "\n"+rep("A-b-c: d\n", 150000)+"---\n", diff+hunk)
	patch("text of quotes", subject, "\n"+rep("> > > a\n", 200000)+"---\n", diff+hunk)
	patch("text of commits", subject, "\n"+rep("commit 0123456789ab (\"x\") and ", 50000)+"\n---\n", diff+hunk)
	patch("text of marks", subject, "\n"+rep("(cherry picked from commit 0123456789ab)\n", 40000)+"---\n", diff+hunk)
	patch("text of oopses", subject, "\n"+rep("BUG: KASAN: use-after-free in f+0x1/0x2\nCall Trace:\n f+0x1/0x2\n", 20000)+"---\n", diff+hunk)
	patch("text of authors", subject, "\nFrom: a <a@b>\n"+rep("From: a <a@b>\n", 100000)+"---\n", diff+hunk)
	patch("text of commands", subject, "\n"+rep("#stablebot recheck\n", 100000)+"---\n", diff+hunk)
	patch("text of refusals", "Subject: Re: [PATCH] x: fix\nIn-Reply-To: <b@c>\n",
		"\n"+rep("NAK, please drop this; it is not a bug.\n", 40000), "")
	patch("paragraphs of refusals", "Subject: Re: [PATCH] x: fix\nIn-Reply-To: <b@c>\n", "\n"+rep("NAK.\n\n", 300000), "")
	patch("paragraphs of formal refusals", "Subject: Re: [PATCH] x: fix\nIn-Reply-To: <b@c>\n",
		"\n"+rep("NAK, the Fixes tag is missing.\n\n", 60000), "")
	patch("text of notices", "Subject: Re: x\nIn-Reply-To: <b@c>\n", "\n"+rep("Reviewed-by: A <a@b>\n", 80000), "")
	patch("a request of words", "Subject: please backport\nCc: stable@vger.kernel.org\n",
		"\n"+rep("please apply commit 0123456789ab to 6.1.y ", 40000)+"\n", "")

	patch("combined", subject, message, rep("diff --cc a.c\nindex 1,2..3\n@@@ -1 -1 +1 @@@\n", 40000))
	patch("headers", subject, message, rep("diff --git a/x b/x\n", 100000))
	patch("long names", subject, message, rep("diff --git a/"+rep("x/", 15000)+" b/"+rep("x/", 4000)+"\nindex 1..2\n", 20))
	patch("renames", subject, message, rep("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", 30000))
	patch("modes", subject, message, rep("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", 30000))
	patch("binary", subject, message, "diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 8000000\n"+
		rep("zcmV<!000000000000000000000000000000000000000000000000000000000000\n", 40000)+"\n")
	patch("zeros in a binary", subject, message,
		"diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 999999999999\n"+
			rep("zc$@#&0000000000000000000000000000000000000000000000000000000000000\n", 10)+"\n")
	return out
}

// numbered repeats a format with a counter and another number.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i, i%97)
	}
	return b.String()
}

func hunks(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "@@ -%d,2 +%d,2 @@ static int f(void)\n \tx;\n-\ta;\n+\tb;\n", 1+10*i, 1+10*i)
	}
	return b.String()
}

func files(n int) string {
	var b strings.Builder
	for i := range n {
		name := fmt.Sprintf("drivers/gpu/drm/amd/amdgpu/gfx_v%d.c", i)
		fmt.Fprintf(&b, "diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n@@ -1,2 +1,2 @@\n x\n-a\n+b\n", name, name, name, name)
	}
	return b.String()
}

// equal are hunks whose lines say nothing of where they go.
func equal(n, lines int) string {
	var b strings.Builder
	b.WriteString(diff)
	for i := range n {
		at := 1 + i*(2*lines+2)
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n%s+}\n", at, lines, at+i, lines+1, strings.Repeat(" \t}\n", lines))
	}
	return b.String()
}

func changes(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s@@ -1,%d +1,%d @@\n", diff, n, n)
	for i := range n {
		fmt.Fprintf(&b, "-\tfoo(%d, bar);\n+\tfoo(%d, baz);\n", i, i)
	}
	return b.String()
}

func nested(depth, size int) []string {
	out := []string{head, subject}
	for i := range depth {
		out = append(out, fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i))
	}
	out = append(out, "Content-Type: text/plain\n\n", strings.Repeat("A line of text that says nothing.\n", size/34))
	for i := depth - 1; i >= 0; i-- {
		out = append(out, fmt.Sprintf("\n--b%d--\n", i))
	}
	return out
}

func multipart(n int, content, fields string) []string {
	out := []string{head, subject, "Content-Type: multipart/mixed; boundary=b\n\n"}
	for range n {
		out = append(out, "--b\nContent-Type: text/plain\n", fields, "\n", content, "\n")
	}
	return append(out, "--b--\n")
}
