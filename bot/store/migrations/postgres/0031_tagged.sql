-- +goose Up
-- A reply that only speaks of the stable tag was not looked at for who sent it; those that
-- a reply of the bot may still wait for are now.
update mail set prove_at = received where kind = 'reply' and series_key <> '' and filed = 1 and proven = '' and prove_at = 0 and note = ''
  and source not like '%:backfill-%' and received > (extract(epoch from now())::bigint - 3 * 86400) * 1000;
