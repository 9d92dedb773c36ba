//go:build !unix

package wire

import "errors"

func freeOf(string) (int64, error) { return 0, errors.ErrUnsupported }
