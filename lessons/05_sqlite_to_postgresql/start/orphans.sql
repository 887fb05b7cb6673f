-- Four tables of the old shop, loaded without foreign keys: SQLite had never checked them.
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, total numeric(10, 2));
CREATE TABLE order_lines (
    order_id bigint, book text, quantity integer NOT NULL, PRIMARY KEY (order_id, book)
);
CREATE TABLE reviews (id bigint PRIMARY KEY, customer_id bigint, stars integer NOT NULL);
-- The quarantine: from which table, why, and the whole row.
CREATE TABLE orphans (source text NOT NULL, reason text NOT NULL, row_data jsonb NOT NULL);

INSERT INTO customers SELECT n, 'Kunde ' || n FROM generate_series(1, 50) AS n WHERE n <> 41;
INSERT INTO orders SELECT n, n % 40 + 1, n * 10.5 FROM generate_series(1, 120) AS n;
INSERT INTO order_lines
SELECT n, 'Bog ' || book, n % 3 + 1 FROM generate_series(1, 120) AS n, generate_series(1, n % 3 + 1) AS book;
INSERT INTO reviews SELECT n, nullif(n % 45, 0), n % 5 + 1 FROM generate_series(1, 90) AS n WHERE n % 45 <> 41;
UPDATE orders SET customer_id = 41 WHERE id IN (17, 62);
UPDATE orders SET customer_id = 0 WHERE id = 88;
INSERT INTO order_lines VALUES (900, 'Bog 1', 1), (900, 'Bog 2', 2), (901, 'Bog 1', 1);
UPDATE reviews SET customer_id = 41 WHERE id IN (12, 33);
