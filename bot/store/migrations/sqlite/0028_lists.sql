-- +goose Up
-- A list is asked for in any case, as people write it.
create index mail_list_lower on mail_list (lower(list), mail_id);
