-- The old file, copied as SQLite held it, and what a colleague's script has made of it.
CREATE SCHEMA old_shop;
CREATE TABLE old_shop.accounts (id bigint, full_name text, phone text, newsletter integer, born text);
CREATE TABLE old_shop.orders (id bigint, account_id bigint, total double precision, payment_ref bigint);
CREATE TABLE old_shop.reviews (id bigint, stars integer, body text);

INSERT INTO old_shop.accounts
SELECT n, 'Kunde ' || n, '+45 20 00 ' || lpad(n::text, 4, '0'),
    CASE WHEN n % 5 = 0 THEN NULL ELSE n % 2 END,
    CASE WHEN n % 4 = 0 THEN NULL ELSE to_char(date '1960-01-01' + n * 31, 'YYYY-MM-DD') END
FROM generate_series(1, 300) AS n;
INSERT INTO old_shop.orders
SELECT n, n % 300 + 1, round(49 + n * 7.35 % 900, 2),
    CASE WHEN n % 6 = 0 THEN NULL ELSE 100000000000000001 + n * 97000000000003 END
FROM generate_series(1, 1500) AS n;
INSERT INTO old_shop.reviews
SELECT n, n % 5 + 1, CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'God bog. Nr. ' || n || E'\n❤️' END
FROM generate_series(1, 400) AS n;

CREATE SCHEMA new_shop;
CREATE TABLE new_shop.accounts (
    id bigint PRIMARY KEY, full_name text NOT NULL, phone text, newsletter boolean, born date
);
CREATE TABLE new_shop.orders (
    id bigint PRIMARY KEY, account_id bigint NOT NULL REFERENCES new_shop.accounts,
    total numeric(10, 2), payment_ref bigint
);
CREATE TABLE new_shop.reviews (id bigint PRIMARY KEY, stars smallint NOT NULL, body text);
INSERT INTO new_shop.accounts
SELECT id, full_name, phone, newsletter::boolean, born::date FROM old_shop.accounts;
INSERT INTO new_shop.orders SELECT * FROM old_shop.orders;
INSERT INTO new_shop.reviews SELECT * FROM old_shop.reviews;

-- What went wrong.
UPDATE new_shop.accounts SET phone = '+45 20 00 0118' WHERE id = 117;
UPDATE new_shop.accounts SET phone = '+45 20 00 0117' WHERE id = 118;
UPDATE new_shop.accounts SET born = born - 1 WHERE id IN (33, 201);
UPDATE new_shop.accounts SET newsletter = false WHERE id IN (50, 255);
UPDATE new_shop.orders SET payment_ref = payment_ref::double precision::bigint WHERE id IN (7, 640, 1111);
UPDATE new_shop.orders SET total = total + 0.01 WHERE id = 333;
UPDATE new_shop.reviews SET body = NULL WHERE id IN (21, 305);
UPDATE new_shop.reviews SET body = replace(body, E'\n', ' ') WHERE id = 62;
DELETE FROM new_shop.orders WHERE id = 902;
INSERT INTO new_shop.orders SELECT 9902, 1, 100, NULL;

CREATE TABLE differences (table_name text NOT NULL, id bigint NOT NULL, column_name text NOT NULL);
