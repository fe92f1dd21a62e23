{# One table per client: dbt run --select client_orders --vars '{client: acme}' #}
{{ config(materialized='table', schema=var('client', 'reporting')) }}

select order_id, amount
from {{ ref('stg_orders') }}
where client = '{{ var('client', 'acme') }}'
