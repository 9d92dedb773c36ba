-- +goose Up
-- What each branch was last found to lack, for pages; body: a flow.Lacking in JSON.
create table lacking (
  branch text primary key,
  at     integer not null,
  body   text not null
);
