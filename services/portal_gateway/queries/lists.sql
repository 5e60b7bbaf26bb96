-- name: people_page
-- People by address, those whose name or address has words that begin so. $1 words or null, $2 address after, $3 how many.
select state from person
where ($1::text is null or words @@ search_query($1)) and ($2::text is null or address > $2)
order by address
limit $3

-- name: organisations_page
-- By name, those whose name or domain begins so. $1 words or null, $2 name after, $3 or then with an id above, $4 how many.
select state from organisation
where ($1::text is null or words @@ search_query($1)) and ($2::text is null or (name, id) > ($2, $3::uuid))
order by name, id
limit $4

-- name: decisions_page
-- What rules made of an item's events, oldest first. $1 item, $2 after, $3 or then with an id above, $4 how many.
select state from decision
where item_id = $1 and ($2::timestamptz is null or (at, id) > ($2, $3::uuid))
order by at, id
limit $4

-- name: deliveries_page
-- The mails about an item, oldest first. $1 item, $2 after, $3 or then with an id above, $4 how many.
select state from delivery
where item_id = $1 and ($2::timestamptz is null or (created_at, id) > ($2, $3::uuid))
order by created_at, id
limit $4

-- name: deliveries_of_effects
-- The mails that these actions of rules led to. $1 item, $2 effects.
select state from delivery where item_id = $1 and state->>'effect_id' = any($2::text[]) order by created_at, id

-- name: deliveries_of_messages
-- The mails that carry these messages of an item. $1 item, $2 messages.
select state from delivery where item_id = $1 and message_id = any($2::uuid[])
