-- +goose Up
-- judged: when a series was first settled; line: what its verdicts were when it
-- was last. A series is judged again when a branch moves, long after its mails
-- came, and only what turned is news.
alter table series add column judged bigint not null default 0;
alter table series add column line   text collate "C" not null default '';
update series set judged = first where settled > 0;
