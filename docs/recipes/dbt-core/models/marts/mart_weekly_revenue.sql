select date_trunc('week', ordered_on) as week, sum(revenue) as revenue
from {{ ref('fct_revenue_daily') }}
group by 1
