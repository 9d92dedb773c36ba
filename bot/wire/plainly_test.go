package wire

import (
	"bytes"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/stablebot/stablebot/bot/internal/shapes"
)

// What a server or a stranger wrote stands in the log, and a log is read on a terminal.
func TestLogIsPlain(t *testing.T) {
	with := zap.NewProductionEncoderConfig()
	for name, encoder := range map[string]zapcore.Encoder{"json": zapcore.NewJSONEncoder(with), "console": zapcore.NewConsoleEncoder(with)} {
		var b bytes.Buffer
		log := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(plainly{&b}), zap.InfoLevel))
		log.Warn("the server refused", zap.String("answer", shapes.Unseen+" ü"))
		if got := b.String(); shapes.Drives(got) != "" || !bytes.Contains(b.Bytes(), []byte(" ü")) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
