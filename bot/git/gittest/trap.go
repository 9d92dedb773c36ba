package gittest

import (
	"os"
	"path/filepath"
)

// EvilAttributes name drivers and filters for every file; Trap sets what they run.
const EvilAttributes = "* merge=evil diff=evil filter=evil text eol=crlf ident\n"

// Trap makes everything that git can be told to run in a repository leave its name
// in a folder, replaces a commit by another, and grafts HEAD. sprung is what ran. Of
// the repository nothing is written with git afterwards, but to spring them.
func (g *Repo) Trap(commit, by string) (sprung func() []string) {
	g.T.Helper()
	proof := g.T.TempDir()
	trap := func(name string) string { return "touch " + filepath.Join(proof, name) + "; cat; true " }
	for key, name := range map[string]string{
		"core.fsmonitor": "", "core.pager": "", "core.editor": "", "core.sshCommand": "", "core.gitProxy": "", "core.askPass": "",
		"core.alternateRefsCommand": "", "sequence.editor": "", "diff.external": "", "diff.evil.textconv": "", "diff.evil.command": "",
		"merge.evil.driver": "", "filter.evil.clean": "", "filter.evil.smudge": "", "filter.evil.process": "", "interactive.diffFilter": "",
		"gpg.program": "", "credential.helper": "!", "uploadpack.packObjectsHook": "", "remote.origin.uploadpack": "",
		"alias.rev-parse": "!", "alias.diff-tree": "!", "alias.merge-tree": "!", "alias.cat-file": "!", "alias.for-each-ref": "!",
		"pager.log": "", "pager.rev-list": "", "pager.diff-tree": "", "trailer.x.command": "",
	} {
		g.Git("config", key, name+trap(key))
	}
	hooks := filepath.Join(g.Dir, "traps")
	if err := os.MkdirAll(hooks, 0o755); err != nil {
		g.T.Fatal(err)
	}
	for _, hook := range []string{"post-checkout", "reference-transaction", "pre-applypatch", "applypatch-msg", "post-applypatch",
		"post-index-change",
		"pre-auto-gc", "fsmonitor-watchman", "post-merge", "pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "post-rewrite"} {
		for _, dir := range []string{hooks, filepath.Join(g.Dir, ".git", "hooks")} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				g.T.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, hook), []byte("#!/bin/sh\ntouch "+filepath.Join(proof, "hook-"+hook)+"\n"),
				0o755); err != nil {
				g.T.Fatal(err)
			}
		}
	}
	g.Git("config", "core.hooksPath", hooks)
	g.Git("config", "log.showSignature", "true")
	g.Git("config", "merge.renames", "false")
	g.Git("config", "diff.algorithm", "patience")
	g.Git("config", "core.worktree", g.T.TempDir())
	g.Git("config", "include.path", filepath.Join(g.Dir, "included"))
	g.Git("config", "remote.origin.promisor", "true")
	g.Git("config", "extensions.partialClone", "origin")
	g.Git("config", "remote.origin.url", "ext::sh -c touch% "+filepath.Join(proof, "ext"))
	if err := os.MkdirAll(filepath.Join(g.Dir, ".git", "info"), 0o755); err != nil {
		g.T.Fatal(err)
	}
	for name, text := range map[string]string{
		".git/info/attributes": "* merge=evil diff=evil filter=evil\n",
		".git/info/grafts":     g.Git("rev-parse", "HEAD") + "\n",
		"included":             "[core]\n\tfsmonitor = " + trap("included") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(g.Dir, name), []byte(text), 0o644); err != nil {
			g.T.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(g.Dir, ".git", "refs", "replace"), 0o755); err != nil {
		g.T.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(g.Dir, ".git", "refs", "replace", commit), []byte(by+"\n"), 0o644); err != nil {
		g.T.Fatal(err)
	}
	_ = os.RemoveAll(proof)
	if err := os.MkdirAll(proof, 0o755); err != nil {
		g.T.Fatal(err)
	}
	return func() []string {
		found, _ := filepath.Glob(filepath.Join(proof, "*"))
		return found
	}
}
