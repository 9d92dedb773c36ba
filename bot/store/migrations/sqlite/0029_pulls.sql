-- +goose Up
-- One commit may be in several pull requests, and in a branch: each has a judgement of
-- its own, under the SHA, "@" and the key of the pull request.
insert into judgement (change_id, kind, series_key, source, list, branch, verdict, reason_class, mixed, score, fix, author, subject, date, weights, judged, revision, private, body, said_verdict, said_score)
select change_id || '@' || series_key, kind, series_key, source, list, branch, verdict, reason_class, mixed, score, fix, author, subject, date, weights, judged, revision, private,
  replace(body, '{"id":"' || change_id || '"', '{"id":"' || change_id || '@' || series_key || '"'), said_verdict, said_score
from judgement where kind = 'commit' and series_key in (select key from pull);

update listed set change_id = (select j.change_id || '@' || j.series_key from judgement j where j.change_id = listed.change_id)
where change_id in (select change_id from judgement where kind = 'commit' and series_key in (select key from pull) and instr(change_id, '@') = 0);
update outcome set change_id = (select j.change_id || '@' || j.series_key from judgement j where j.change_id = outcome.change_id)
where change_id in (select change_id from judgement where kind = 'commit' and series_key in (select key from pull) and instr(change_id, '@') = 0);
update note set about = (select j.change_id || '@' || j.series_key from judgement j where j.change_id = note.about)
where about in (select change_id from judgement where kind = 'commit' and series_key in (select key from pull) and instr(change_id, '@') = 0);
delete from judgement where kind = 'commit' and series_key in (select key from pull) and instr(change_id, '@') = 0;

-- What is done for a pull request of a private repository is shown to nobody, whether
-- or not it was judged.
alter table pull add column private integer not null default 0;
update pull set private = 1 where exists (select 1 from judgement j where j.series_key = pull.key and j.private = 1);
