-- name: mailboxes
-- Our mailboxes as tickets last told them.
select state from reference where kind = 'mailbox'

-- name: references
-- Mailboxes and forms as tickets last told them.
select kind, state::text from reference where kind in ('mailbox', 'form') order by kind, id

-- name: save_references
-- Newer states of what tickets owns. $1 kinds, $2 ids, $3 versions, $4 states.
insert into reference (kind, id, version, state)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[])
on conflict (kind, id) do update set version = excluded.version, state = excluded.state
where reference.version < excluded.version

-- name: claim_messages
-- New messages get their row; a rival's claim is waited for. Returns the keys of those that are new.
-- $1 keys, $2 receipts, $3 Message-IDs, $4 mailboxes, by comma.
insert into ledger (dedupe_key, receipt_id, message_id, mailboxes)
select k, r, m, string_to_array(b, ',')
from unnest($1::text[], $2::uuid[], $3::text[], $4::text[]) as n(k, r, m, b)
on conflict do nothing
returning dedupe_key

-- name: known_messages
-- $1 keys.
select dedupe_key, receipt_id, mailboxes from ledger where dedupe_key = any($1::text[]) for update

-- name: known_message_ids
-- Message-IDs that came with other content before. $1 ids, $2 keys of now.
select distinct message_id from ledger where message_id = any($1::text[]) and dedupe_key <> all($2::text[])

-- name: add_mailbox
-- $1 key, $2 mailbox.
update ledger set mailboxes = mailboxes || $2::text where dedupe_key = $1

-- name: save_receipts
-- $1 ids, $2 versions, $3 states.
insert into receipt (id, version, state) select * from unnest($1::uuid[], $2::bigint[], $3::jsonb[])
on conflict (id) do update set version = excluded.version, state = excluded.state

-- name: receipt
-- $1 id.
select state from receipt where id = $1

-- name: save_quarantine
-- $1 id, $2 version, $3 state, $4 arrival.
insert into quarantine (id, version, state, arrival) values ($1, $2, $3, $4)
on conflict (id) do update set version = excluded.version, state = excluded.state

-- name: quarantined
-- $1 id.
select state, arrival from quarantine where id = $1 for update

-- name: arrival
-- $1 id.
select arrival from quarantine where id = $1

-- name: ledger_counts
-- How many receipts ended how (B5).
select state->>'outcome' as outcome, count(*) as receipts from receipt group by 1 order by 1
