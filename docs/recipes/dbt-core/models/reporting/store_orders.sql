select store, count(*) as orders
from {{ ref('fct_orders') }}
group by store
