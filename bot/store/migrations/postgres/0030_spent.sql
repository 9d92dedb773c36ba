-- +goose Up
-- What was sent in a day by one way out, for the cap of all lists: without it all that was
-- ever sent was read for each reply.
create index action_spent on action (sink, begun);
