package github

import (
	"context"
	"net/http"

	gh "github.com/google/go-github/v58/github"
)

// Repos lists the repositories that the App is installed on; nil for a token,
// whose repositories are not all the bot's business. Archived ones and those of
// a suspended installation are left out. Each page is one request; the caller
// asks seldom.
func (c *Client) Repos(ctx context.Context) ([]string, error) {
	if c.cfg.App == nil {
		return nil, nil
	}
	var ids []int64
	o := &gh.ListOptions{PerPage: 100}
	for {
		list, resp, err := c.jwt.Apps.ListInstallations(ctx, o)
		if err != nil {
			return nil, Temporary("listing where the App is installed", err)
		}
		for _, in := range list {
			if in.SuspendedAt == nil && in.GetID() != 0 {
				ids = append(ids, in.GetID())
			}
		}
		if !More(resp, &o.Page) {
			break
		}
	}
	var out []string
	for _, id := range ids {
		repos, err := c.reposOf(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, repos...)
	}
	return out, nil
}

func (c *Client) reposOf(ctx context.Context, id int64) (out []string, err error) {
	client := c.of(id, func() http.RoundTripper { return &installationTransport{client: c, id: id} })
	o := &gh.ListOptions{PerPage: 100}
	for {
		list, resp, err := client.Apps.ListRepos(ctx, o)
		if s := Status(err); s == http.StatusNotFound || s == http.StatusForbidden {
			return nil, nil // taken away since
		}
		if err != nil {
			return nil, Temporary("listing the repositories of an installation of the App", err)
		}
		for _, r := range list.Repositories {
			if !r.GetArchived() && !r.GetDisabled() && r.GetFullName() != "" {
				out = append(out, r.GetFullName())
			}
		}
		if !More(resp, &o.Page) {
			return out, nil
		}
	}
}
