select order_id, store, ordered_on, amount{% if env_var('BREAK_ORDERS', '') %}, no_such_column{% endif %}

from {{ ref('stg_orders') }}
