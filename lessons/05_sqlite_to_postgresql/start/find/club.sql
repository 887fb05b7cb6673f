-- A book club's file, as SQLite reads it: 300 members, some of them not quite right.
DROP TABLE IF EXISTS members;
CREATE TABLE members (
    id INTEGER PRIMARY KEY,
    name TEXT,
    born DATE,
    fee DECIMAL(8,2),
    visits INTEGER,
    active BOOLEAN
);
INSERT INTO members
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
SELECT
    i,
    'Medlem nr. ' || i || ', æøå',
    CASE WHEN i % 9 = 0 THEN NULL ELSE date('1940-01-01', (i * 83) || ' days') END,
    CASE i % 3 WHEN 0 THEN 150 WHEN 1 THEN 99.5 ELSE 0 END,
    CASE WHEN i % 11 = 0 THEN NULL ELSE i * 7 % 40 END,
    CASE WHEN i % 13 = 0 THEN NULL ELSE i % 4 > 0 END
FROM n;
UPDATE members SET born = '' WHERE id IN (5, 140);
UPDATE members SET born = '24/12/1961' WHERE id = 17;
UPDATE members SET born = '1987-02-30' WHERE id = 31;
UPDATE members SET born = '0000-00-00' WHERE id = 58;
UPDATE members SET born = 1974 WHERE id = 64;
UPDATE members SET born = 2444239.5 WHERE id = 101;
UPDATE members SET born = 'today' WHERE id = 188;
UPDATE members SET born = '1990-5-7' WHERE id = 203;
UPDATE members SET fee = 'gratis' WHERE id = 22;
UPDATE members SET fee = '' WHERE id = 59;
UPDATE members SET fee = '99,50' WHERE id = 177;
UPDATE members SET fee = -99.5 WHERE id = 250;
UPDATE members SET visits = 'mange' WHERE id = 8;
UPDATE members SET visits = '1_000' WHERE id = 90;
UPDATE members SET visits = 3.5 WHERE id = 91;
UPDATE members SET visits = '12' WHERE id = 92;
UPDATE members SET active = 2 WHERE id = 40;
UPDATE members SET active = 'yes' WHERE id = 41;
UPDATE members SET active = 'N' WHERE id = 42;
UPDATE members SET active = '' WHERE id = 43;
UPDATE members SET active = '1' WHERE id = 44;
UPDATE members SET active = 0.5 WHERE id = 45;
UPDATE members SET name = NULL WHERE id = 120;
UPDATE members SET name = x'C3986A76696E64' WHERE id = 121;
