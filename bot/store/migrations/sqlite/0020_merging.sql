-- +goose Up
-- Each judgement writes a small piece of the index of words, and pieces are
-- merged when there are so many of a size. At the default of 4 merging took a
-- third of the time of writing; twice as many cost a search nothing to speak of.
insert into listed_words (listed_words, rank) values ('automerge', 8);
