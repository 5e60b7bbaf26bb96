-- name: references
-- Mailboxes and brand as tickets last told them.
select kind, state from reference where kind in ('mailbox', 'brand')

-- name: save_references
-- $1 kinds, $2 ids, $3 versions, $4 states.
insert into reference (kind, id, version, state)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[])
on conflict (kind, id) do update set version = excluded.version, state = excluded.state
where reference.version < excluded.version

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
-- New deliveries; one that exists already stays. Returns those made. $1 rows as JSON.
insert into delivery (id, cause_id, person_id, kind, item_id, rfc_message_id, status, due_at, began_at,
                      correlation_id, version, state, content)
select id, cause_id, person_id, kind, item_id, rfc_message_id, status, due_at, began_at, correlation_id, 1, state, content
from jsonb_to_recordset($1::jsonb) as n(
    id uuid, cause_id uuid, person_id uuid, kind text, item_id uuid, rfc_message_id text, status text,
    due_at timestamptz, began_at timestamptz, correlation_id uuid, state jsonb, content jsonb)
on conflict do nothing
returning id

-- name: claim
-- Due deliveries for this sender, for a while. $1 owner, $2 now, $3 seconds, $4 how many.
update delivery set leased_by = $1, leased_until = $2::timestamptz + make_interval(secs => $3)
where id in (
    select id from delivery
    where status = 'queued' and due_at <= $2 and (leased_until is null or leased_until < $2)
    order by due_at, id limit $4
    for update skip locked
)
returning id, state, content, began_at, correlation_id

-- name: renew
-- The living sender keeps what it works on. $1 owner, $2 now, $3 seconds, $4 ids.
update delivery set leased_until = $2::timestamptz + make_interval(secs => $3)
where id = any($4::uuid[]) and leased_by = $1 and status = 'queued'

-- name: next_due
select min(greatest(due_at, coalesce(leased_until, due_at))) from delivery where status = 'queued'

-- name: delivery
-- $1 id.
select state, began_at, correlation_id from delivery where id = $1 for update

-- name: finish
-- An attempt's result, only by whoever holds the lease. $1 id, $2 owner, $3 status, $4 due, $5 version, $6 state.
update delivery
set status = $3, due_at = $4, version = $5, state = $6, leased_by = null, leased_until = null
where id = $1 and leased_by = $2
returning id

-- name: put
-- A delivery changed by a command or a report. $1 id, $2 status, $3 due, $4 version, $5 state, $6 began.
update delivery set status = $2, due_at = $3, version = $4, state = $5, began_at = $6, leased_by = null,
    leased_until = null
where id = $1

-- name: deliveries_of_message
-- $1 Message-ID.
select state, began_at, correlation_id from delivery where rfc_message_id = $1 order by id for update
