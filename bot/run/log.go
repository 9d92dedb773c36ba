package run

import (
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

func aboutMail(id string) zap.Field { return zap.String(flow.KeyMessageID, id) }
