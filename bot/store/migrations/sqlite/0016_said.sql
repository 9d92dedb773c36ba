-- +goose Up
-- The last judgement before a stable branch took the change: what the outcome
-- is compared with, as a fix that is in needs nothing any more.
alter table judgement add column said_verdict text not null default '';
alter table judgement add column said_score   real not null default 0;
update judgement set said_verdict = verdict, said_score = score;
