package flow

// The keys of log fields. A line about a message has its id, whatever else it
// has, so that one grep tells a message's whole story.
const (
	KeyMessageID = "message_id"
	KeySubject   = "subject"
	KeySource    = "source"
	KeySink      = "sink"
	KeyList      = "list"
	KeyKind      = "kind"
	KeySeries    = "series"
	KeyVerdict   = "verdict"
	KeyScore     = "score"
	KeyAction    = "action"
	KeyAttempt   = "attempt"
	KeyWhy       = "why"
	KeyWait      = "wait"
	KeyCommit    = "commit"
	KeyCount     = "count"
	KeyHeld      = "held"
	KeyTask      = "task"
)
