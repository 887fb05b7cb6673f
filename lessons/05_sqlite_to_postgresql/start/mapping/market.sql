-- A flea market's file, as SQLite reads it.
DROP TABLE IF EXISTS "Stall Rentals";
DROP TABLE IF EXISTS stalls;
CREATE TABLE stalls (id INTEGER PRIMARY KEY, name TEXT NOT NULL, roof BOOLEAN);
INSERT INTO stalls VALUES (1, 'Nord 1', 'ja'), (2, 'Nord 2', 'nej'), (3, 'Øst 1', NULL), (4, 'Øst 2', 'ja');
CREATE TABLE "Stall Rentals" (
    "Rental No" INTEGER PRIMARY KEY AUTOINCREMENT,
    stall_id INTEGER NOT NULL REFERENCES stalls (id),
    day DATE,
    booked_at DATETIME,
    price DECIMAL(8,2),
    paid BOOLEAN DEFAULT 0,
    tenant_id INTEGER REFERENCES tenants (id),
    note
);
INSERT INTO "Stall Rentals"
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
SELECT
    i,
    i % 4 + 1,
    CASE WHEN i % 10 = 0 THEN '' ELSE strftime('%d.%m.%Y', '2023-05-01', (i * 3) || ' days') END,
    1682900000 + i * 86399,
    125.5 + i % 7 * 25,
    i % 2,
    i % 20 + 1,
    CASE WHEN i % 5 = 0 THEN i WHEN i % 3 = 0 THEN 'Kun om formiddagen ☀' END
FROM n;
UPDATE "Stall Rentals" SET paid = 'ja' WHERE "Rental No" IN (4, 9, 16);
UPDATE "Stall Rentals" SET paid = 'nej' WHERE "Rental No" = 25;
UPDATE "Stall Rentals" SET day = '2023-07-14' WHERE "Rental No" IN (24, 41);
DELETE FROM "Stall Rentals" WHERE "Rental No" > 55;
