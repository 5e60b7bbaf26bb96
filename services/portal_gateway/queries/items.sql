-- name: list_by_number
-- A page of items, newest number first. An absent filter is null. $1 statuses, $2 open or not, $3 assignee, $4 nobody
-- is assigned, $5 team, $6 no team, $7 organisation, $8 type, $9 requester, $10 tag, $11 priority, $12 held ones only,
-- $13 words, $14 kind, $15 channel, $16 numbers below, $17 how many, $18 the words are common ones.
-- Rare words are looked up first, as an array: a subquery beside `or` could only filter a walk through all items. Common
-- words are looked for while walking, which soon has a page; `limit 1` keeps the planner from reading all messages first.
select state from item
where ($1::text[] is null or status = any($1))
  and ($2::boolean is null or is_open = $2)
  and ($3::uuid is null or assignee = $3)
  and (not $4::boolean or assignee is null)
  and ($5::text is null or team = $5)
  and (not $6::boolean or team is null)
  and ($7::uuid is null or organisation = $7)
  and ($8::text is null or type = $8)
  and ($9::uuid is null or requester = $9)
  and ($10::text is null or tags @> array[$10])
  and ($11::text is null or priority = $11)
  and (not $12::boolean or held_count > 0)
  and ($13::text is null
       or (not $18::boolean and id = any(array(
             select i.id from item i where i.words @@ search_query($13)
             union select m.item_id from message m where m.words @@ search_query($13))))
       or ($18 and (words @@ search_query($13) or (
             select true from message m where m.item_id = item.id and m.words @@ search_query($13) limit 1))))
  and ($14::text is null or kind = $14)
  and ($15::text is null or channel = $15)
  and ($16::bigint is null or number < $16)
order by number desc
limit $17

-- name: list_by_update
-- The same, last changed first. $16 changed before, $17 or then with a number below, $18 how many, $19 as $18 there.
select state from item
where ($1::text[] is null or status = any($1))
  and ($2::boolean is null or is_open = $2)
  and ($3::uuid is null or assignee = $3)
  and (not $4::boolean or assignee is null)
  and ($5::text is null or team = $5)
  and (not $6::boolean or team is null)
  and ($7::uuid is null or organisation = $7)
  and ($8::text is null or type = $8)
  and ($9::uuid is null or requester = $9)
  and ($10::text is null or tags @> array[$10])
  and ($11::text is null or priority = $11)
  and (not $12::boolean or held_count > 0)
  and ($13::text is null
       or (not $19::boolean and id = any(array(
             select i.id from item i where i.words @@ search_query($13)
             union select m.item_id from message m where m.words @@ search_query($13))))
       or ($19 and (words @@ search_query($13) or (
             select true from message m where m.item_id = item.id and m.words @@ search_query($13) limit 1))))
  and ($14::text is null or kind = $14)
  and ($15::text is null or channel = $15)
  and ($16::timestamptz is null or (updated_at, number) < ($16, $17))
order by updated_at desc, number desc
limit $18

-- name: count_items
-- How many fit, at most $16, $17 the words are common ones. The other parameters are those of a list.
select count(*) from (
    select 1 from item
    where ($1::text[] is null or status = any($1))
      and ($2::boolean is null or is_open = $2)
      and ($3::uuid is null or assignee = $3)
      and (not $4::boolean or assignee is null)
      and ($5::text is null or team = $5)
      and (not $6::boolean or team is null)
      and ($7::uuid is null or organisation = $7)
      and ($8::text is null or type = $8)
      and ($9::uuid is null or requester = $9)
      and ($10::text is null or tags @> array[$10])
      and ($11::text is null or priority = $11)
      and (not $12::boolean or held_count > 0)
      and ($13::text is null
           or (not $17::boolean and id = any(array(
                 select i.id from item i where i.words @@ search_query($13)
                 union select m.item_id from message m where m.words @@ search_query($13))))
           or ($17 and (words @@ search_query($13) or (
                 select true from message m where m.item_id = item.id and m.words @@ search_query($13) limit 1))))
      and ($14::text is null or kind = $14)
      and ($15::text is null or channel = $15)
    limit $16
) as fitting

-- name: are_common
-- Have many items these words, so that looking for them while walking through a list soon has a page? $1 words, $2 many.
-- An index of words reads all that it knows of a word before it gives the first row, which takes long for a word of half
-- a million items; so the newest items are asked first.
select case
    when (
        select count(*) from (
            select from (select id, words from item order by number desc limit 250) as newest
            where words @@ search_query($1)
               or (select true from message m where m.item_id = newest.id and m.words @@ search_query($1) limit 1)
            limit 50
        ) as found
    ) = 50 then true
    else (select count(*) from (select from item where words @@ search_query($1) limit $2 + 1) as found) > $2
      or (select count(*) from (select from message where words @@ search_query($1) limit $2 + 1) as found) > $2
end

-- name: item_numbered
-- $1 number.
select state from item where number = $1

-- name: item_of_id
-- $1 id.
select state from item where id = $1

-- name: items_of_ids
-- $1 ids.
select state from item where id = any($1::uuid[]) order by number desc

-- name: items_numbered
-- $1 numbers.
select state from item where number = any($1::bigint[]) order by number desc

-- name: messages_of_item
-- A conversation, oldest first. $1 item, $2 public and not held ones only, $3 created after, $4 or then with an id
-- above, $5 how many.
select state from message
where item_id = $1 and (not $2::boolean or (public and not held))
  and ($3::timestamptz is null or (created_at, id) > ($3, $4::uuid))
order by created_at, id
limit $5

-- name: message_of_id
-- $1 id.
select state from message where id = $1

-- name: held_messages
-- Messages that wait for staff, oldest first. $1 how many.
select state from message where held order by created_at, id limit $1

-- name: count_held
select count(*) from message where held

-- name: history
-- The steps of an item, oldest first. $1 item, $2 versions above, $3 how many.
select state from change where item_id = $1 and version > $2 order by version limit $3

-- name: decisions
-- What rules made of an item's events, oldest first. $1 item, $2 how many.
select state from decision where item_id = $1 order by at, id limit $2

-- name: decision_of_event
-- $1 decision.
select state from decision where id = $1

-- name: deliveries
-- The mails about an item, oldest first. $1 item, $2 how many.
select state from delivery where item_id = $1 order by created_at, id limit $2

-- name: delivery_of_id
-- $1 id.
select state from delivery where id = $1

-- name: suppressions
-- Which of these addresses mails no longer go to. $1 addresses, lower case.
select state from suppression where address = any($1::text[])
