-- +goose Up
-- Whether who sent a series is proven: 0 by nothing, 1 it has a signature that is
-- yet to be verified, 2 by one of its mails.
alter table series add column signed integer not null default 0;
