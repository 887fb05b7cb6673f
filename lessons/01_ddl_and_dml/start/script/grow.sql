CREATE TABLE publishers (id bigint PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO publishers VALUES (1, 'Fjordens Forlag');
ALTER TABLE books ADD COLUMN publisher_id bigint REFERENCES publishers;
UPDATE books SET publisher_id = 1 WHERE isbn LIKE '978%';
ALTER TABLE books ALTER COLUMN publisher_id SET NOT NULL;
