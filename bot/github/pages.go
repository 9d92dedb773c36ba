package github

import gh "github.com/google/go-github/v58/github"

// maxPages bounds the reading of one list: 10,000 labels, events or comments
// are more than any pull request that a person still looks at.
const maxPages = 100

// More moves page to the next page of a list and reports whether there is one.
// A server that names the same page again ends the list, not the bot.
func More(resp *gh.Response, page *int) bool {
	if resp == nil || resp.NextPage <= *page || resp.NextPage > maxPages {
		return false
	}
	*page = resp.NextPage
	return true
}
