-- The shop after some good years: enough orders that a backup takes a moment.
INSERT INTO orders (account_id, ordered_at, status)
SELECT 1 + n % 40, timestamptz '2024-01-01 08:00+00' + n * interval '31 minutes', 'delivered'
FROM generate_series(1, 30000) AS n;

INSERT INTO order_lines (order_id, book_id, quantity, unit_price, currency)
SELECT orders.id, 1 + (orders.id * 7 + m * 13) % 60, 1 + (orders.id + m) % 3, 79 + (orders.id * m) % 220, 'DKK'
FROM orders, generate_series(1, 3) AS m
WHERE orders.id > 120;

-- What people have made by hand, in the evening, and never written into a revision.
CREATE VIEW sales_by_month AS
SELECT
    date_trunc('month', ordered_at) AS month,
    sum(quantity * unit_price) AS sales
FROM orders
JOIN order_lines ON order_lines.order_id = orders.id
GROUP BY 1;

CREATE INDEX ix_orders_ordered_at ON orders (ordered_at);

ANALYZE;
