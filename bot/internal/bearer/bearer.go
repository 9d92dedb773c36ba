// Package bearer logs in with an OAuth access token, at IMAP and SMTP servers
// alike. The sources and sinks that use it do not know each other.
package bearer

// The mechanisms, as the configuration names them.
const (
	XOAuth2     = "xoauth2"     // Google's and Microsoft's
	OAuthBearer = "oauthbearer" // RFC 7628
)

// Client is a sasl.Client. A server that refuses the token sends a reason in
// JSON first, kept in Said, and wants one more answer before it says no.
type Client struct {
	Said string

	mech, first string
	goOn        []byte
}

// New returns the client of mech, which is OAuthBearer or XOAuth2.
func New(mech, user, token string) *Client {
	if mech == XOAuth2 {
		return &Client{mech: "XOAUTH2", first: "user=" + user + "\x01auth=Bearer " + token + "\x01\x01", goOn: []byte{}}
	}
	return &Client{mech: "OAUTHBEARER", first: "n,a=" + user + ",\x01auth=Bearer " + token + "\x01\x01", goOn: []byte{1}}
}

// Start implements sasl.Client.
func (c *Client) Start() (string, []byte, error) { return c.mech, []byte(c.first), nil }

// Next implements sasl.Client.
func (c *Client) Next(challenge []byte) ([]byte, error) {
	c.Said = string(challenge)
	return c.goOn, nil
}
