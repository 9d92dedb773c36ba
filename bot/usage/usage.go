// Package usage marks the errors that a caller mends on the command line or in the
// configuration. They come from the packages that find them, and the command ends with
// the exit status for it.
package usage

import (
	"errors"
	"fmt"
)

// Error marks an error that the caller mends on the command line or in
// the configuration.
type Error struct{ error }

// Unwrap implements errors.
func (e Error) Unwrap() error { return e.error }

// Wrap makes an error one of usage.
func Wrap(err error) error { return Error{err} }

// Errorf is such an error with this text.
func Errorf(format string, a ...any) error { return Error{fmt.Errorf(format, a...)} }

// ErrReported is returned when the problems have been told already, one by one.
var ErrReported = errors.New("some input could not be judged")
