package imap

// bearer is the SASL client of XOAUTH2 (Google's and Microsoft's) and
// OAUTHBEARER (RFC 7628). A server that refuses the token sends a reason in
// JSON first, kept in said, and wants one more answer before it says NO.
type bearer struct {
	mech, first string
	goOn        []byte
	said        string
}

func newBearer(auth, user, token string) *bearer {
	if auth == AuthXOAuth2 {
		return &bearer{mech: "XOAUTH2", first: "user=" + user + "\x01auth=Bearer " + token + "\x01\x01", goOn: []byte{}}
	}
	return &bearer{mech: "OAUTHBEARER", first: "n,a=" + user + ",\x01auth=Bearer " + token + "\x01\x01", goOn: []byte{1}}
}

func (b *bearer) Start() (string, []byte, error) { return b.mech, []byte(b.first), nil }

func (b *bearer) Next(challenge []byte) ([]byte, error) {
	b.said = string(challenge)
	return b.goOn, nil
}
