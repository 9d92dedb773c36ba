-- +goose Up
-- What each branch was last found to lack, for pages; body: a flow.Lacking in JSON.
create table lacking (
  branch text collate "C" primary key,
  at     bigint not null,
  body   text collate "C" not null
);
