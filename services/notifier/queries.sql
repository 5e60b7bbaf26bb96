-- name: references
-- Mailboxes and brands as tickets last told them.
select kind, id, state::text from reference order by kind, id

-- name: keep_references
-- $1 kinds, $2 ids, $3 versions, $4 states.
insert into reference (kind, id, version, state)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[])
on conflict (kind, id) do update set version = excluded.version, state = excluded.state
where reference.version < excluded.version

-- name: installed_at
select at from install

-- name: suppressed
-- Which of these addresses mails no longer go to. $1 addresses.
select address from suppression where address = any($1::text[]) and (state->>'active')::boolean

-- name: suppression
-- $1 address.
select state from suppression where address = $1 for update

-- name: save_suppression
-- $1 address, $2 version, $3 state.
insert into suppression (address, version, state) values ($1, $2, $3)
on conflict (address) do update set version = excluded.version, state = excluded.state

-- name: queue
-- New deliveries and what their mails are made of; one that exists already stays. Returns those made, and senders are
-- woken when the transaction commits. $1 causes, $2 items, $3 messages; $4 ids, $5 their causes, $6 persons, $7 kinds,
-- $8 Message-IDs, $9 statuses, $10 due, $11 began, $12 envelopes, $13 states.
with letters as (
    insert into letter (cause_id, item, message) select * from unnest($1::uuid[], $2::jsonb[], $3::jsonb[])
    on conflict do nothing
), made as (
    insert into delivery
        (id, cause_id, person_id, kind, rfc_message_id, status, due_at, began_at, cause, state, version)
    select *, 1 from unnest(
        $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::timestamptz[],
        $11::timestamptz[], $12::jsonb[], $13::jsonb[])
    on conflict do nothing
    returning id
)
select id, pg_notify('deliveries', '') from made

-- name: claim
-- Due deliveries for this sender, for a while by the database's clock; `interrupted` tells those whose last sender
-- never said what became of them. What the sender has in hand under its own lease is not due, though that has ended
-- while the machine or the database stood still. $1 owner, $2 now, $3 seconds, $4 how many, $5 in hand.
with due as (
    select id, leased_by from delivery
    where status = 'queued' and due_at <= $2::timestamptz and (leased_until is null or leased_until < now())
        and (leased_by is distinct from $1 or id <> all($5::uuid[]))
    order by due_at, id limit $4
    for update skip locked
)
update delivery d set leased_by = $1, leased_until = now() + make_interval(secs => $3)
from due, letter l
where d.id = due.id and l.cause_id = d.cause_id
returning d.state::text, d.began_at, d.cause::text, l.item::text, l.message::text,
    due.leased_by is not null as interrupted

-- name: renew
-- The living sender keeps what it works on. $1 owner, $2 seconds, $3 ids.
update delivery set leased_until = now() + make_interval(secs => $2)
where id = any($3::uuid[]) and leased_by = $1

-- name: held
-- Of these deliveries those that this sender still holds, locked in the order of their ids; the state of one only where
-- it is not the version that the sender knows. $1 ids, $2 versions, $3 owner.
select d.id, d.began_at, case when d.version <> known.version then d.state::text end as state
from delivery d join unnest($1::uuid[], $2::bigint[]) as known(id, version) using (id)
where d.leased_by = $3 order by d.id for update of d

-- name: finish
-- Attempts' results; their leases end. $1 ids, $2 statuses, $3 due, $4 versions, $5 states, $6 which await the server.
update delivery d
set status = n.status, due_at = n.due_at, version = n.version, state = n.state, awaits_server = n.awaits_server,
    leased_by = null, leased_until = null
from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[], $5::jsonb[], $6::boolean[])
    as n(id, status, due_at, version, state, awaits_server)
where d.id = n.id

-- name: note
-- What is known of a delivery while it is being sent. $1 id, $2 version, $3 state.
update delivery set version = $2, state = $3 where id = $1

-- name: awaiting
-- Does any mail wait for the server to come back.
select exists (select from delivery where status = 'queued' and awaits_server)

-- name: wake_awaiting
-- The server is there: what waited for it is due. $1 now.
update delivery set due_at = $1, awaits_server = false
where id in (
    select id from delivery where status = 'queued' and awaits_server and leased_by is null
    for update skip locked
)
returning id

-- name: delivery
-- $1 id.
select d.state, d.began_at, l.item from delivery d join letter l using (cause_id) where d.id = $1 for update of d

-- name: deliveries_of_message
-- $1 Message-ID.
select d.state, d.began_at, l.item from delivery d join letter l using (cause_id)
where d.rfc_message_id = $1 order by d.id for update of d

-- name: put
-- A delivery changed by a command or a report; who is sending it keeps it. $1 id, $2 status, $3 due, $4 version,
-- $5 state, $6 began.
update delivery set status = $2, due_at = $3, version = $4, state = $5, began_at = $6, awaits_server = false
where id = $1
