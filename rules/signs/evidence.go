package signs

// Evidence is where a finding can be checked: a tag, or a line of a file.
type Evidence struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"` // 1-based; in the new file, or in the message when File is empty
	Text string `json:"text,omitempty"` // the tag or line, shortened to 120 bytes
}
