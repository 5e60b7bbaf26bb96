-- name: answer
-- What became of a command. $1 command.
select body from answer where command_id = $1

-- name: first_content
-- The content that an id was first used with; this one if the id is new. $1 command, $2 content.
insert into asked (command_id, content) values ($1, $2)
on conflict (command_id) do update set content = asked.content
returning content

-- name: feed_after
-- Lines of the feed in order. $1 number, $2 how many.
select number, at, type, subject, item_id, item_number, version from feed where number > $1 order by number limit $2

-- name: newest_feed_number
select number from feed_counter

-- name: oldest_feed_number
select coalesce(min(number), 0) from feed

-- name: forget_answers
-- $1 older than.
delete from answer where at < $1

-- name: forget_asked
-- $1 older than.
delete from asked where at < $1

-- name: forget_feed
-- $1 older than.
delete from feed where at < $1

-- name: forget_trace
-- $1 older than.
delete from trace where at < $1

-- name: forget_pace
-- $1 older than.
delete from pace where at < $1

-- name: forget_sessions
-- Those that ended, and those of people who are no staff any more. $1 ended before.
delete from session
where expires_at < $1 or person_id in (select id from person where role is null or not active)

-- name: forget_inbox
-- Rows older than the topics and their dead letters. $1 older than.
delete from inbox where done_at < $1
