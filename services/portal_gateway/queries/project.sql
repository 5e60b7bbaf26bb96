-- name: share_projection
-- Batches run beside each other; a rebuild's swap is alone. $1 key of the lock.
select pg_advisory_xact_lock_shared($1)

-- name: hold_projection
-- No batch is projected until this transaction ends. $1 key of the lock.
select pg_advisory_xact_lock($1)

-- name: put_item
-- Newer items. $1 snapshots.
insert into item (id, version, number, kind, type, status, is_open, priority, channel, team, assignee, requester,
                  organisation, held_count, tags, mailboxes, status_since, created_at, updated_at, words, state)
select (s->>'id')::uuid, (s->>'version')::bigint, (s->>'number')::bigint, s->>'kind', s->>'type', s->>'status',
       s->>'state' <> 'finished', s->>'priority', s->>'channel', s->>'team', (s->'assignee'->>'id')::uuid,
       (s->'requester'->>'id')::uuid, (s->'organisation'->>'id')::uuid, (s->>'held_count')::int,
       array(select jsonb_array_elements_text(s->'tags')), array(select jsonb_array_elements_text(s->'mailboxes')),
       (s->>'status_since')::timestamptz, (s->>'created_at')::timestamptz, (s->>'updated_at')::timestamptz,
       to_tsvector('simple', fold(concat_ws(' ', s->>'number', s->>'title', s->'requester'->>'name',
                                            s->'requester'->>'address', s->'organisation'->>'name',
                                            array_to_string(array(select jsonb_array_elements_text(s->'tags')), ' ')))),
       s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, number, kind, type, status, is_open, priority, channel, team, assignee, requester, organisation,
     held_count, tags, mailboxes, status_since, created_at, updated_at, words, state)
  = (excluded.version, excluded.number, excluded.kind, excluded.type, excluded.status, excluded.is_open,
     excluded.priority, excluded.channel, excluded.team, excluded.assignee, excluded.requester, excluded.organisation,
     excluded.held_count, excluded.tags, excluded.mailboxes, excluded.status_since, excluded.created_at,
     excluded.updated_at, excluded.words, excluded.state)
where item.version < excluded.version

-- name: put_message
-- Newer messages. $1 snapshots.
insert into message (id, version, item_id, public, held, message_id, created_at, words, state)
select (s->>'id')::uuid, (s->>'version')::bigint, (s->>'item_id')::uuid, (s->>'public')::boolean, (s->>'held')::boolean,
       s->>'message_id', (s->>'created_at')::timestamptz,
       to_tsvector('simple', fold(left(concat_ws(' ', s->>'text', s->>'full_text', s->'sender'->>'name',
                                                 s->'sender'->>'address'), 100000))),
       s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, item_id, public, held, message_id, created_at, words, state)
  = (excluded.version, excluded.item_id, excluded.public, excluded.held, excluded.message_id, excluded.created_at,
     excluded.words, excluded.state)
where message.version < excluded.version

-- name: put_change
-- Steps of histories; each is written once. $1 snapshots.
insert into change (item_id, version, state)
select (s->>'item_id')::uuid, (s->>'version')::bigint, s from unnest($1::jsonb[]) as n(s)
on conflict do nothing

-- name: put_person
-- Newer people. $1 snapshots.
insert into person (id, version, address, role, active, organisation, words, state)
select (s->>'id')::uuid, (s->>'version')::bigint, s->>'address', s->>'role', (s->>'active')::boolean,
       (s->>'organisation_id')::uuid, to_tsvector('simple', fold(concat_ws(' ', s->>'name', s->>'address'))), s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, address, role, active, organisation, words, state)
  = (excluded.version, excluded.address, excluded.role, excluded.active, excluded.organisation, excluded.words,
     excluded.state)
where person.version < excluded.version

-- name: put_organisation
-- Newer organisations. $1 snapshots.
insert into organisation (id, version, name, words, state)
select (s->>'id')::uuid, (s->>'version')::bigint, s->>'name',
       to_tsvector('simple', fold(concat_ws(' ', s->>'name', s->>'domains'))), s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, name, words, state) = (excluded.version, excluded.name, excluded.words, excluded.state)
where organisation.version < excluded.version

-- name: put_setup
-- Newer teams, types, forms, brands, mailboxes. $1 snapshots.
insert into setup (kind, key, version, state)
select s->>'record', s->>'key', (s->>'version')::bigint, s from unnest($1::jsonb[]) as n(s)
on conflict (kind, key) do update set version = excluded.version, state = excluded.state
where setup.version < excluded.version

-- name: put_rule
-- Newer rules. $1 snapshots.
insert into rule (id, version, position, deleted, state)
select (s->>'id')::uuid, (s->>'version')::bigint, (s->>'position')::int, (s->>'deleted')::boolean, s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, position, deleted, state) = (excluded.version, excluded.position, excluded.deleted, excluded.state)
where rule.version < excluded.version

-- name: put_decision
-- Newer decisions. $1 snapshots.
insert into decision (id, version, item_id, at, state)
select (s->>'id')::uuid, (s->>'version')::bigint, (s->>'item_id')::uuid, (s->>'at')::timestamptz, s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update set (version, at, state) = (excluded.version, excluded.at, excluded.state)
where decision.version < excluded.version

-- name: put_delivery
-- Newer deliveries. $1 snapshots.
insert into delivery (id, version, item_id, message_id, status, created_at, state)
select (s->>'id')::uuid, (s->>'version')::bigint, (s->>'item_id')::uuid, (s->>'message_id')::uuid, s->>'status',
       (s->>'created_at')::timestamptz, s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, item_id, message_id, status, created_at, state)
  = (excluded.version, excluded.item_id, excluded.message_id, excluded.status, excluded.created_at, excluded.state)
where delivery.version < excluded.version

-- name: put_suppression
-- Newer suppressions. $1 snapshots.
insert into suppression (address, version, state)
select s->>'address', (s->>'version')::bigint, s from unnest($1::jsonb[]) as n(s)
on conflict (address) do update set version = excluded.version, state = excluded.state
where suppression.version < excluded.version

-- name: put_receipt
-- Newer rows of the receipt ledger. $1 snapshots.
insert into receipt (id, version, outcome, message_id, accepted_at, state)
select (s->>'id')::uuid, (s->>'version')::bigint, s->>'outcome', s->>'message_id', (s->>'accepted_at')::timestamptz, s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, outcome, message_id, accepted_at, state)
  = (excluded.version, excluded.outcome, excluded.message_id, excluded.accepted_at, excluded.state)
where receipt.version < excluded.version

-- name: put_quarantine
-- Newer rows of the quarantine. $1 snapshots.
insert into quarantine (id, version, status, accepted_at, state)
select (s->>'id')::uuid, (s->>'version')::bigint, s->>'status', (s->>'accepted_at')::timestamptz, s
from unnest($1::jsonb[]) as n(s)
on conflict (id) do update
set (version, status, accepted_at, state) = (excluded.version, excluded.status, excluded.accepted_at, excluded.state)
where quarantine.version < excluded.version

-- name: put_answers
-- Answers, each told once. $1 command ids, $2 bodies.
insert into answer (command_id, body) select * from unnest($1::uuid[], $2::jsonb[]) on conflict do nothing

-- name: put_trace
-- Places of what happened. $1 correlations, $2 topics, $3 partitions, $4 offsets, $5 message ids, $6 causes, $7 types,
-- $8 subjects, $9 actors, $10 moments, $11 numbers.
insert into trace (correlation_id, topic, partition, record_offset, message_id, causation_id, type, subject, actor, at,
                   item_number)
select * from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::text[],
                     $9::text[], $10::timestamptz[], $11::bigint[])
on conflict do nothing

-- name: put_feed
-- The feed's newest lines, in order; gives the last one's number. The counter's row stays locked until the transaction
-- ends, so numbers become visible in order. $1 moments, $2 types, $3 subjects, $4 items, $5 item numbers, $6 versions.
with counter as (
    update feed_counter set number = number + cardinality($1::timestamptz[]) returning number
), put as (
    insert into feed (number, at, type, subject, item_id, item_number, version)
    select counter.number - cardinality($1::timestamptz[]) + line.place, line.at, line.type, line.subject, line.item_id,
           line.item_number, line.version
    from counter, unnest($1::timestamptz[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::bigint[])
         with ordinality as line(at, type, subject, item_id, item_number, version, place)
)
select number from counter
