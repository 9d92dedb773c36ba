package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/console/rows"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
)

func explainCommand() *cobra.Command {
	var c configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Tell everything known about one judged change",
		Long: `Tells everything the bot knows about a change: the verdict, what moved the score,
every rule with its source, the series, what was said and what became of it.
ID is a Message-ID, or a commit SHA of at least 7 digits.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := c.openStore(cmd)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			found, err := s.Explain(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(found)
			}
			return rows.Case(console.Folded(cmd.OutOrStdout(), len("verdict   ")), found)
		},
	}
	c.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "all of it as one JSON object")
	return cmd
}

// configFlags name the configuration, or the state folder alone.
type configFlags struct{ file, state, store string }

func (c *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&c.file, "config", "c", "stablebot.yaml", "configuration `file`")
	cmd.Flags().StringVar(&c.state, "state-dir", "", "state `folder`, instead of the configuration's")
	cmd.Flags().StringVar(&c.store, "store", "", "store, postgres://`…` or a file, instead of the configuration's")
}

// where is the store that the flags and the configuration name.
func (c *configFlags) where() (string, error) {
	switch {
	case c.store != "":
		return c.store, nil
	case c.state != "":
		return wire.StoreFile(c.state), nil
	}
	cfg, err := wire.ReadConfig(c.file)
	if err != nil {
		return "", err
	}
	return wire.StoreOf(cfg), nil
}

// openStore opens the store for reading.
func (c *configFlags) openStore(cmd *cobra.Command) (*store.Store, error) {
	where, err := c.where()
	if err != nil {
		return nil, err
	}
	return store.OpenReadOnly(cmd.Context(), where)
}

// openForWriting opens a store that is there.
func (c *configFlags) openForWriting(cmd *cobra.Command) (*store.Store, error) {
	where, err := c.where()
	if err != nil {
		return nil, err
	}
	if !store.IsAddress(where) {
		if _, err := os.Stat(where); err != nil {
			return nil, fmt.Errorf("there is no store yet: %w", err)
		}
	}
	return store.Open(cmd.Context(), where)
}

func (c *configFlags) stateDir() (string, error) {
	if c.state != "" {
		return c.state, nil
	}
	cfg, err := wire.ReadConfig(c.file)
	if err != nil {
		return "", err
	}
	return cfg.State, nil
}
