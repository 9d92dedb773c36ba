package demo

import (
	"strings"
	"testing"
	"time"
)

const posted = `From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
From: Ada Example <ada@example.com>
Date: Mon, 12 Jan 2026 10:00:00 +0100
Subject: [PATCH] igc: fix a leak

It leaks.

Signed-off-by: Ada Example <ada@example.com>
---
 a.c | 2 +-

diff --git a/a.c b/a.c
--- a/a.c
+++ b/a.c
@@ -1 +1 @@
-int a;
+int b;
-- 
2.47.0

`

func TestLetters(t *testing.T) {
	now := time.Date(2026, 1, 13, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, in string
		mails    int
		has      []string
		not      string
	}{
		{"a file of format-patch", posted, 1, []string{"List-Id: <list.example>\n", "Message-ID: <", "\nFrom: Ada"}, "Mon Sep 17"},
		{"with the line ends of IMAP", strings.ReplaceAll(posted, "\n", "\r\n"), 1, []string{"List-Id: <list.example>\n", "From: Ada"},
			"Mon Sep 17"},
		{"a series in one file", posted + strings.Replace(posted, "leak", "hang", 1), 2, []string{"fix a hang"}, "Mon Sep 17"},
		{"a mail of another list", "List-Id: <net.example>\nMessage-ID: <1@x>\nDate: Mon, 12 Jan 2026 10:00:00 +0100\nFrom: a@b.c\nSubject: " +
			"x\n\nx\n", 1,
			[]string{"List-Id: <net.example>"}, "list.example"},
		{"without a date", "From: a@b.c\nSubject: x\n\nx\n", 1, []string{"Date: Tue, 13 Jan 2026 02:00:00 +0000\n"}, "\n\n\n"},
		{"a bare diff", "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+b\n", 1, []string{"+0000\n\ndiff --git"}, "From "},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := letters([]byte(c.in), "list.example", now)
			if err != nil || len(got) != c.mails {
				t.Fatalf("%d mails, %v", len(got), err)
			}
			all := ""
			for _, m := range got {
				all += string(m)
			}
			for _, want := range c.has {
				if !strings.Contains(all, want) {
					t.Errorf("no %q in\n%s", want, all)
				}
			}
			if strings.Contains(all, c.not) {
				t.Errorf("%q in\n%s", c.not, all)
			}
		})
	}
	if _, err := letters(nil, "list.example", now); err == nil {
		t.Error("nothing is a mail")
	}
}
