-- name: password_of
-- The person of an address with their password. $1 address, normalised.
select p.state, c.password_hash from person p join credential c on c.person_id = p.id where p.address = $1

-- name: set_password
-- $1 person, $2 hash, $3 now.
insert into credential (person_id, password_hash, set_at) values ($1, $2, $3)
on conflict (person_id) do update set password_hash = excluded.password_hash, set_at = excluded.set_at

-- name: set_first_password
-- The same, unless there is one. $1 person, $2 hash, $3 now.
insert into credential (person_id, password_hash, set_at) values ($1, $2, $3)
on conflict do nothing
returning person_id

-- name: begin_session
-- $1 hash of its id, $2 person, $3 csrf, $4 now, $5 until.
insert into session (id_hash, person_id, csrf, created_at, last_seen_at, expires_at) values ($1, $2, $3, $4, $4, $5)

-- name: session
-- A session that has not expired, with its person as they are now. $1 hash of its id, $2 now.
select s.csrf, s.last_seen_at, p.state
from session s join person p on p.id = s.person_id
where s.id_hash = $1 and s.expires_at > $2

-- name: session_used
-- $1 hash of its id, $2 now, $3 until.
update session set last_seen_at = $2, expires_at = $3 where id_hash = $1

-- name: end_session
-- $1 hash of its id.
delete from session where id_hash = $1

-- name: end_sessions_of
-- $1 person.
delete from session where person_id = $1

-- name: token
-- The account of a token that was not revoked. $1 hash.
select t.id, t.last_used_at, p.state
from api_token t join person p on p.id = t.person_id
where t.secret_hash = $1 and t.revoked_at is null

-- name: token_used
-- $1 token, $2 now.
update api_token set last_used_at = $2 where id = $1

-- name: keep_token
-- $1 id, $2 hash, $3 name, $4 person, $5 now.
insert into api_token (id, secret_hash, name, person_id, created_at) values ($1, $2, $3, $4, $5)

-- name: tokens
-- With the role of each token's account.
select t.id, t.name, t.person_id, t.created_at, t.last_used_at, t.revoked_at, p.role
from api_token t left join person p on p.id = t.person_id
order by t.created_at, t.id

-- name: revoke_token
-- By its name or the beginning of its id. $1 name or id, $2 now.
update api_token set revoked_at = $2 where (name = $1 or id::text = $1) and revoked_at is null returning id, name

-- name: hold_pace
-- Tries of these keys are counted one after another until this transaction ends. $1 keys, sorted.
select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest($1::text[]) as key

-- name: pace
-- Per key, when the place of its try number `most` from the end was taken; null while there are fewer. $1 keys,
-- $2 most, $3 window begins.
select wanted.key, (
    select at from pace where pace.key = wanted.key and at > $3 order by at desc offset $2 - 1 limit 1
) as at
from unnest($1::text[]) as wanted(key)

-- name: take_places
-- $1 keys, $2 now.
insert into pace (key, at) select key, $2 from unnest($1::text[]) as key returning id

-- name: give_back_places
-- $1 ids.
delete from pace where id = any($1::bigint[])
