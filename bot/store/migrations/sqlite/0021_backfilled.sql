-- +goose Up
-- What a backfill brought is no news of the day on which it was judged.
alter table listed add column backfilled integer not null default 0;
update listed set backfilled = 1 where change_id in (select change_id from judgement where source like '%:backfill-%');
