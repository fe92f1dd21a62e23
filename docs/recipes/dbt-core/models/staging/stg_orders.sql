select order_id, client, store, cast(ordered_on as date) as ordered_on, amount
from {{ ref('raw_orders') }}
