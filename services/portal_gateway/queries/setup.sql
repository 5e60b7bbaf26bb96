-- name: setup
-- Teams, types, forms, brands, mailboxes of the kinds $1.
select kind, state from setup where kind = any($1::text[]) order by kind, key

-- name: setup_row
-- $1 kind, $2 key.
select state from setup where kind = $1 and key = $2

-- name: rules
-- In their order, without deleted ones.
select state from rule where not deleted order by position, id

-- name: rule_of_id
-- $1 id.
select state from rule where id = $1 and not deleted

-- name: staff
-- Everyone with a role, by name.
select state from person where role is not null order by state->>'name', address

-- name: person_of_id
-- $1 id.
select state from person where id = $1

-- name: people_of_ids
-- $1 ids.
select state from person where id = any($1::uuid[])

-- name: person_of_address
-- $1 address, normalised.
select state from person where address = $1

-- name: find_people
-- People whose name or address begins so, customers and staff. $1 words, $2 how many.
select state from person where words @@ search_query($1) and active order by state->>'name', address limit $2

-- name: organisations_of_ids
-- $1 ids.
select state from organisation where id = any($1::uuid[])

-- name: find_organisations
-- By name or domain; all of them without words. $1 words or null, $2 how many.
select state from organisation where ($1::text is null or words @@ search_query($1)) order by name limit $2

-- name: count_items_of_organisation
-- Open ones, and all. $1 organisation.
select count(*) filter (where is_open) as open, count(*) as all from item where organisation = $1

-- name: quarantine
-- Rows of a status, newest first. $1 status or null, $2 accepted before, $3 or then with an id below, $4 how many.
select state from quarantine
where ($1::text is null or status = $1)
  and ($2::timestamptz is null or (accepted_at, id) < ($2, $3::uuid))
order by accepted_at desc, id desc
limit $4

-- name: quarantined
-- $1 id.
select state from quarantine where id = $1

-- name: tickets_of_quarantined
-- The tickets of mails that left the quarantine; of a repeated message, its first one's. $1 ids of receipts.
select q.id, (m.state->>'item_number')::bigint as item_number
from unnest($1::uuid[]) as q(id)
left join receipt r on r.id = q.id
join message m on m.state->>'receipt_id' = coalesce(r.state->>'duplicate_of', q.id::text)

-- name: count_quarantine
select count(*) from quarantine where status = 'open'

-- name: receipt_counts
select outcome, count(*) as receipts from receipt group by outcome order by outcome

-- name: receipts_of_message
-- $1 Message-ID.
select state from receipt where message_id = $1 order by accepted_at, id

-- name: receipts_of_ids
-- $1 ids.
select state from receipt where id = any($1::uuid[])
