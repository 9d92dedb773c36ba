package change

import "testing"

const tinyMail = `From: Ada Example <ada@example.org>

A null pointer is dereferenced on resume.

Fixes: 0123456789ab ("drm/example: add resume")
Cc: <stable@vger.kernel.org> # v6.1+
Signed-off-by: Ada Example <ada@example.org>
---
v2: check earlier

 drivers/gpu/drm/example/pm.c | 1 +
 1 file changed, 1 insertion(+)

diff --git a/drivers/gpu/drm/example/pm.c b/drivers/gpu/drm/example/pm.c
index 1111111..2222222 100644
--- a/drivers/gpu/drm/example/pm.c
+++ b/drivers/gpu/drm/example/pm.c
@@ -10,6 +10,7 @@ static int resume(struct dev *d)
 	int r;
 
 	r = 0;
+	if (!d) return 0;
 	r = start(d);
 	if (r)
 		return r;
-- 
2.43.0
`

func TestParseMail(t *testing.T) {
	c, err := Parse(Input{Kind: Mail, Subject: "[PATCH v2 1/3] drm/example: check d", Text: tinyMail, Author: Person{"List", "list@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Subject != "drm/example: check d" || c.Prefix.Version != 2 || c.Prefix.N != 1 || c.Prefix.Of != 3 {
		t.Errorf("subject %q, prefix %+v", c.Subject, c.Prefix)
	}
	if c.Author.Address != "ada@example.org" {
		t.Errorf("author %v: the in-body From counts", c.Author)
	}
	if len(c.Trailers) != 3 || len(c.Fixes) != 1 || !c.Fixes[0].WellFormed || len(c.Stable) != 1 {
		t.Errorf("trailers %v, fixes %v, stable %v", c.Trailers, c.Fixes, c.Stable)
	}
	if c.Size.LinesWithContext != 7 || c.Size.Added != 1 || c.Size.Files != 1 {
		t.Errorf("size %+v: one inserted line counts seven", c.Size)
	}
}
