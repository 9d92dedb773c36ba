-- +goose Up
-- What pages are sorted by, without the words beside it: where thousands are
-- found in the index of words, a row costs a quarter of what it does in listed.
create index listed_place on listed (id, judged, score);
