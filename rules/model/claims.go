package model

import "github.com/stablebot/stablebot/rules"

// Claims reports whether a change presents itself as a fix, for figures over
// fixes: a Fixes: tag, a stable tag, or a title word that begins with "fix".
func Claims(f *rules.Facts) bool { return measure(f, false).claims }
