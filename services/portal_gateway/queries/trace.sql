-- name: correlations_of_item
-- Everything that had to do with an item, oldest first. $1 number.
select correlation_id from trace where item_number = $1 group by correlation_id order by min(at)

-- name: correlations_of_message_id
-- Receipts with a Message-ID: the message, its copies, a quarantined one. $1 Message-ID.
select id as correlation_id from receipt where message_id = $1 order by accepted_at

-- name: correlations_of_delivery
-- What led to the mails that went out under a Message-ID. $1 Message-ID.
select distinct t.correlation_id from delivery d join trace t on t.subject = 'delivery:' || d.id
where d.state->>'rfc_message_id' = $1 and t.item_number = (d.state->>'item_number')::bigint

-- name: is_known
-- $1 correlation.
select exists (select from trace where correlation_id = $1) or exists (select from receipt where id = $1)

-- name: steps
-- $1 correlations, $2 how many.
select topic, partition, record_offset as offset, at, type, message_id, causation_id, correlation_id, subject, actor,
       item_number
from trace where correlation_id = any($1::uuid[]) order by at limit $2

-- name: receipts
-- $1 ids.
select state from receipt where id = any($1::uuid[]) order by accepted_at

-- name: decisions
-- $1 ids.
select state from decision where id = any($1::uuid[]) order by at

-- name: deliveries
-- $1 ids.
select state from delivery where id = any($1::uuid[]) order by created_at
