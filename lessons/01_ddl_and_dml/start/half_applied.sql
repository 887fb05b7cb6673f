-- Exercise 1.7: what is left of a script that stopped at its step 7, and what people did since.

-- the script, steps 1 to 6
CREATE TABLE shelves (code text PRIMARY KEY, floor smallint NOT NULL);
INSERT INTO shelves VALUES ('A1', 1), ('A2', 1), ('B1', 2);
ALTER TABLE books ADD COLUMN shelf text;
UPDATE books SET shelf = 'A1' WHERE published_year < 2000;
UPDATE books SET shelf = 'A2' WHERE published_year BETWEEN 2000 AND 2015;
UPDATE books SET shelf = 'C1' WHERE published_year > 2015;

-- by hand, the next morning
INSERT INTO shelves VALUES ('K1', 0);
UPDATE books SET shelf = 'K1' WHERE title LIKE 'Trolden%';
UPDATE books SET shelf = 'B1' WHERE title LIKE 'Rugbrød%' OR title LIKE 'Tusind søer%';
