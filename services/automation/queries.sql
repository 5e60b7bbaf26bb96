-- name: rules
-- Every rule that stands, in its order, with the number of the rule set.
select state, (select version from rule_set) as set_version from rule where not deleted order by position, id

-- name: set_version
select version from rule_set

-- name: rule
-- $1 id.
select state from rule where id = $1 for update

-- name: save_rule
-- $1 id, $2 version, $3 position, $4 deleted, $5 state.
insert into rule (id, version, position, deleted, state) values ($1, $2, $3, $4, $5)
on conflict (id) do update
set version = excluded.version, position = excluded.position, deleted = excluded.deleted, state = excluded.state

-- name: next_set_version
update rule_set set version = version + 1 returning version

-- name: seed_rule
-- Absent rules are made. $1 id, $2 position, $3 state.
insert into rule (id, version, position, deleted, state) values ($1, 1, $2, false, $3)
on conflict do nothing returning id

-- name: mails_sent
-- Automatic mails of the last hour by address. $1 addresses, $2 now.
select address, count(*) as sent from mail_sent
where address = any($1::text[]) and at > $2::timestamptz - interval '1 hour' group by address

-- name: answered
-- Who was mailed by which rule about which item within a day. $1 addresses, $2 now.
select distinct address, item_id, rule_id from mail_sent
where address = any($1::text[]) and at > $2::timestamptz - interval '1 day'

-- name: hold_addresses
-- One batch at a time counts mails to an address. $1 addresses, sorted.
insert into mail_cap (address) select unnest($1::text[]) on conflict (address) do update set address = excluded.address

-- name: add_mails_sent
-- $1 addresses, $2 items, $3 rules, $4 now.
insert into mail_sent (address, item_id, rule_id, at)
select a, i, r, $4 from unnest($1::text[], $2::uuid[], $3::uuid[]) as n(a, i, r)

-- name: save_decisions
-- $1 ids, $2 versions, $3 states.
insert into decision (id, version, state) select * from unnest($1::uuid[], $2::bigint[], $3::jsonb[])
on conflict (id) do update set version = excluded.version, state = excluded.state

-- name: save_effects
-- Which decision a command belongs to. $1 effects, $2 decisions.
insert into effect (id, decision_id) select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing

-- name: decisions_of_effects
-- $1 effects.
select e.id as effect_id, d.state from effect e join decision d on d.id = e.decision_id
where e.id = any($1::uuid[]) order by d.id for update of d
