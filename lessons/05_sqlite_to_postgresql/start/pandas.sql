-- What to_sql made of two tables: no keys, no rules, and types that fit the worst value.
CREATE TABLE authors (id bigint, name text, born text);
INSERT INTO authors VALUES
    (1, 'Søren Østergaard', '1951'), (2, 'Åse Bjørnholt', NULL), (3, 'Ida Ravn', '1988'),
    (7, 'Noor Dahl', ''), (40, 'Élise Kjær', '1969');
CREATE TABLE books (
    id bigint, title text, author_id double precision, price double precision, in_print bigint,
    published text
);
INSERT INTO books
SELECT
    n,
    'Bog nr. ' || n || ', på dansk',
    CASE WHEN n % 6 = 0 THEN NULL ELSE (ARRAY[1, 2, 3, 7, 40])[n % 5 + 1] END,
    49 + n % 300 + 0.95,
    n % 4 / 2,
    CASE WHEN n % 7 = 0 THEN NULL ELSE to_char(date '2001-01-01' + n * 9, 'YYYY-MM-DD') END
FROM generate_series(1, 400) AS n;
