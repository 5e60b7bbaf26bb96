-- name: changed_rules
-- The set's number, whether the desk is seeded, and every rule that changed since a version. $1 version.
select s.version, s.seeded, r.state from rule_set s left join rule r on r.set_version > $1

-- name: hold_rule_set
-- One batch at a time changes rules.
select version from rule_set for update

-- name: next_set_version
update rule_set set version = version + 1 returning version

-- name: rule
-- A rule, and who made its newest version. $1 id.
select r.state, v.actor, v.at
from rule r join rule_version v on v.id = r.id and v.version = r.version
where r.id = $1

-- name: rule_version
-- $1 id, $2 version.
select state from rule_version where id = $1 and version = $2

-- name: save_rule
-- $1 id, $2 version, $3 number of the set, $4 state.
insert into rule (id, version, set_version, state) values ($1, $2, $3, $4)
on conflict (id) do update
set version = excluded.version, set_version = excluded.set_version, state = excluded.state

-- name: add_rule_version
-- $1 id, $2 version, $3 actor, $4 moment, $5 state.
insert into rule_version (id, version, actor, at, state) values ($1, $2, $3, $4, $5)

-- name: seeded
-- Is the desk seeded, and when was it installed; no other process seeds it meanwhile.
select s.seeded, i.at from rule_set s, install i for update of s

-- name: set_seeded
update rule_set set seeded = true

-- name: references
-- Types, teams and mailboxes, as tickets last told them.
select kind, state from reference

-- name: keep_references
-- $1 kinds, $2 ids, $3 versions, $4 states.
insert into reference (kind, id, version, state)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[])
on conflict (kind, id) do update set version = excluded.version, state = excluded.state
where reference.version < excluded.version

-- name: meet_addresses
-- $1 addresses, sorted.
insert into address (address) select unnest($1::text[]) on conflict do nothing

-- name: hold_addresses
-- What is known of addresses; one batch at a time counts mails to them. $1 addresses.
select address, standing from address where address = any($1::text[]) order by address for update

-- name: learn_addresses
-- What is known stays known. $1 addresses, $2 standings.
update address set standing = n.standing
from unnest($1::text[], $2::text[]) as n(address, standing)
where address.address = n.address and address.standing <> 'known'

-- name: mails_sent
-- Automatic mails of the last hour by address. $1 addresses, $2 now.
select address, count(*) as sent from mail_sent
where address = any($1::text[]) and at > $2::timestamptz - interval '1 hour' group by address

-- name: answered
-- Whose messages about which item were answered by a rule within a day. $1 addresses, $2 now.
select distinct address, item_id, event_id from mail_sent
where address = any($1::text[]) and answers and at > $2::timestamptz - interval '1 day'

-- name: add_mails_sent
-- $1 addresses, $2 items, $3 events, $4 answers, $5 now.
insert into mail_sent (address, item_id, event_id, answers, at)
select a, i, e, s, $5 from unnest($1::text[], $2::uuid[], $3::uuid[], $4::boolean[]) as n(a, i, e, s)

-- name: forget_mails_sent
-- Mails that no cap counts any more. $1 now.
delete from mail_sent where at < $1::timestamptz - interval '1 day'

-- name: save_decisions
-- $1 ids, $2 versions, $3 states.
insert into decision (id, version, state) select * from unnest($1::uuid[], $2::bigint[], $3::jsonb[])
on conflict (id) do update set version = excluded.version, state = excluded.state

-- name: save_effects
-- $1 effects, $2 decisions.
insert into effect (id, decision_id) select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing

-- name: decisions_of_effects
-- $1 effects.
select d.state from decision d
where d.id in (select decision_id from effect where id = any($1::uuid[])) order by d.id for update
