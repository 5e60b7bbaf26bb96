-- name: share_setup
-- Batches that only read types, teams and the like run beside each other. $1 key of the lock.
select pg_advisory_xact_lock_shared($1)

-- name: hold_setup
-- A batch that changes them is alone, so that no status vanishes under an item that is just getting it. $1 key.
select pg_advisory_xact_lock($1)

-- name: hold_thread_ids
-- Every id has a row, so that two batches that meet the same unseen id wait for each other. $1 ids, sorted.
insert into message_ids (id) select unnest($1::text[]) on conflict do nothing

-- name: thread_ids
-- Which item has which Message-ID. $1 ids.
select id, item_id from message_ids where id = any($1::text[]) and item_id is not null

-- name: join_thread_ids
-- These Message-IDs belong to these items. $1 ids, $2 items.
update message_ids set item_id = j.item_id
from unnest($1::text[], $2::uuid[]) as j(id, item_id)
where message_ids.id = j.id and message_ids.item_id is null

-- name: release_thread_ids
-- Ids that nobody took are forgotten. $1 ids.
delete from message_ids where id = any($1::text[]) and item_id is null

-- name: organisations_of_domains
-- $1 domains.
select d.domain, o.state from organisation_domain d join organisation o on o.id = d.organisation_id
where d.domain = any($1::text[])

-- name: make_organisations
-- $1 ids, $2 states; sorted by id.
insert into organisation (id, version, state)
select i, 1, s from unnest($1::uuid[], $2::jsonb[]) as n(i, s) on conflict do nothing returning id

-- name: make_domains
-- $1 domains, $2 organisations; sorted by domain.
insert into organisation_domain (domain, organisation_id)
select * from unnest($1::text[], $2::uuid[]) on conflict do nothing

-- name: people_of_addresses
-- $1 addresses, normalised.
select state from person where address = any($1::text[])

-- name: lock_people
-- People about to be changed, locked in the order of their ids. $1 ids.
select state from person where id = any($1::uuid[]) order by id for update

-- name: administrators
-- Active administrators that are people.
select id from person
where state->>'role' = 'administrator' and (state->>'active')::bool and not (state->>'service_account')::bool

-- name: people_of_ids
-- $1 ids.
select state from person where id = any($1::uuid[])

-- name: make_people
-- $1 ids, $2 addresses, $3 states; sorted by address.
insert into person (id, address, version, state)
select i, a, 1, s from unnest($1::uuid[], $2::text[], $3::jsonb[]) as n(i, a, s) on conflict do nothing returning id

-- name: save_people
-- $1 ids, $2 versions, $3 states.
update person set version = n.v, state = n.s
from unnest($1::uuid[], $2::bigint[], $3::jsonb[]) as n(i, v, s) where person.id = n.i

-- name: organisations_of_ids
-- $1 ids.
select state from organisation where id = any($1::uuid[])

-- name: setup
-- Types, forms, teams, mailboxes, brands: few rows, all of them.
select kind, state from setup

-- name: save_setup
-- $1 kinds, $2 keys, $3 versions, $4 states.
insert into setup (kind, key, version, state)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[])
on conflict (kind, key) do update set version = excluded.version, state = excluded.state

-- name: parts
-- Who changed which part of the setup last: few rows, all of them.
select subject, part, version, changed_by, changed_by_name, changed_at from part_change

-- name: save_parts
-- $1 keys of snapshots, $2 parts, $3 versions, $4 actors, $5 their names, $6 moments.
insert into part_change (subject, part, version, changed_by, changed_by_name, changed_at)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[])
on conflict (subject, part) do update
set (version, changed_by, changed_by_name, changed_at)
  = (excluded.version, excluded.changed_by, excluded.changed_by_name, excluded.changed_at)

-- name: lock_items
-- Items by id or number, locked in the order of their ids. $1 ids, $2 numbers.
select state from item
where id = any($1::uuid[]) or id in (select id from item where number = any($2::bigint[]))
order by id
for update

-- name: receipts
-- Which items received messages are on. $1 receipts.
select receipt_id, item_id from message where receipt_id = any($1::uuid[])

-- name: messages
-- $1 ids.
select state from message where id = any($1::uuid[]) order by id for update

-- name: message_prefixes
-- Which of these prefixes are of messages, and whether public ones. $1 prefixes (20 hexadecimal digits).
select item_id, prefix, public from message where prefix = any($1::text[])

-- name: history
-- Recorded steps of items, oldest first, the last 200 of each. $1 items.
select c.state from unnest($1::uuid[]) as wanted(id)
cross join lateral (
    select version, state from item_change where item_id = wanted.id order by version desc limit 200
) c
order by c.version

-- name: hold_turns
-- Every member has a turn, so that there is something to lock. $1 teams, $2 people; sorted.
insert into team_turn (team, person_id, turn) select t, p, 0 from unnest($1::text[], $2::uuid[]) as n(t, p)
on conflict do nothing

-- name: turns
-- When each member was last given work; locked, so that two replicas take turns.
select team, person_id, turn from team_turn order by team, person_id for update

-- name: save_turns
-- $1 teams, $2 people, $3 turns.
insert into team_turn (team, person_id, turn) select * from unnest($1::text[], $2::uuid[], $3::bigint[])
on conflict (team, person_id) do update set turn = excluded.turn

-- name: statuses_in_use
-- $1 types.
select distinct type, status from item where type = any($1::text[])

-- name: next_numbers
-- $1 how many.
select nextval('item_number') as number from generate_series(1, $1::int)

-- name: save_items
-- $1 ids, $2 numbers, $3 types, $4 statuses, $5 versions, $6 states.
insert into item (id, number, type, status, version, state)
select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::jsonb[])
on conflict (id) do update
set type = excluded.type, status = excluded.status, version = excluded.version, state = excluded.state

-- name: save_messages
-- $1 ids, $2 items, $3 receipts, $4 public, $5 prefixes, $6 versions, $7 states.
insert into message (id, item_id, receipt_id, public, prefix, version, state)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bool[], $5::text[], $6::bigint[], $7::jsonb[])
on conflict (id) do update
set item_id = excluded.item_id, public = excluded.public, version = excluded.version, state = excluded.state

-- name: add_changes
-- $1 items, $2 versions, $3 states.
insert into item_change (item_id, version, state) select * from unnest($1::uuid[], $2::bigint[], $3::jsonb[])

-- name: seed_setup
-- Absent setup rows are made. $1 kinds, $2 keys, $3 states. Returns what was made.
insert into setup (kind, key, version, state)
select k, n, 1, s from unnest($1::text[], $2::text[], $3::jsonb[]) as r(k, n, s)
on conflict do nothing returning kind, key

-- name: keep_copies
-- Copies whose original has not come. $1 ids, $2 receipts of the originals, $3 envelopes, $4 bodies, $5 since when.
insert into waiting_copy (id, original_receipt_id, envelope, body, waits_since)
select i, r, e, b, $5 from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::jsonb[]) as n(i, r, e, b)
on conflict do nothing

-- name: due_copies
-- Copies whose original is there, or has not come for too long. $1 waiting since before, $2 how many.
select id, envelope, body from waiting_copy w
where waits_since < $1
   or exists (select from message m where m.receipt_id = w.original_receipt_id)
order by id
limit $2
for update skip locked

-- name: forget_copies
-- $1 ids.
delete from waiting_copy where id = any($1::uuid[])

-- name: every_snapshot
-- Every snapshot with its key, for a state topic written anew.
select state, 'item' as kind from item
union all select state, 'message' from message
union all select state, 'change' from item_change
union all select state, 'person' from person
union all select state, 'organisation' from organisation
union all select state, kind from setup

-- name: item_versions
-- $1 ids.
select id, version from item where id = any($1::uuid[])

-- name: message_versions
-- $1 ids.
select id, version from message where id = any($1::uuid[])

-- name: person_versions
-- $1 ids.
select id, version from person where id = any($1::uuid[])

-- name: organisation_versions
-- $1 ids.
select id, version from organisation where id = any($1::uuid[])

-- name: setup_versions
-- $1 kinds, $2 keys.
select kind, key, version from setup where (kind, key) in (select * from unnest($1::text[], $2::text[]))

-- name: every_setup_key
select kind, key from setup

-- name: items_again
-- Items to be said again, locked so that no change comes between. $1 ids.
select state from item where id = any($1::uuid[]) order by id for update

-- name: messages_again
-- $1 ids.
select state from message where id = any($1::uuid[]) order by id for update

-- name: people_again
-- $1 ids.
select state from person where id = any($1::uuid[]) order by id for update

-- name: organisations_again
-- $1 ids.
select state from organisation where id = any($1::uuid[]) order by id for update

-- name: setup_again
-- $1 kinds, $2 keys.
select kind, state from setup where (kind, key) in (select * from unnest($1::text[], $2::text[]))
order by kind, key for update
