-- Old orders as they were copied out of SQLite: everything is text.
CREATE TABLE old_orders (id bigint PRIMARY KEY, shipped text, paid text);
CREATE TABLE orders (id bigint PRIMARY KEY, shipped date, paid boolean);
CREATE TABLE rejects (id bigint PRIMARY KEY, shipped text, paid text);

INSERT INTO old_orders
SELECT n, to_char(date '2015-01-01' + n, 'YYYY-MM-DD'), n % 2 FROM generate_series(1, 200) AS n;
UPDATE old_orders SET shipped = to_char(shipped::date, 'DD/MM/YYYY') WHERE id % 10 = 3;
UPDATE old_orders SET shipped = extract(epoch FROM shipped::date + time '22:30')::bigint
WHERE id % 10 = 7;
UPDATE old_orders SET paid = 'yes' WHERE id IN (11, 24, 38);
UPDATE old_orders SET paid = 'Y' WHERE id = 12;
UPDATE old_orders SET paid = 'N' WHERE id IN (13, 28);
UPDATE old_orders SET paid = 'no' WHERE id = 14;
UPDATE old_orders SET paid = NULL WHERE id IN (15, 16);
UPDATE old_orders SET paid = '' WHERE id = 18;
UPDATE old_orders SET shipped = NULL WHERE id IN (21, 22);
UPDATE old_orders SET shipped = '' WHERE id IN (25, 26);
UPDATE old_orders SET shipped = '0000-00-00' WHERE id = 29;
UPDATE old_orders SET shipped = '01/02/2016' WHERE id = 31;
UPDATE old_orders SET shipped = '31/02/2016' WHERE id = 41;
UPDATE old_orders SET shipped = 'today' WHERE id = 44;
UPDATE old_orders SET shipped = 'Hos naboen' WHERE id = 45;
UPDATE old_orders SET paid = '2' WHERE id = 46;
