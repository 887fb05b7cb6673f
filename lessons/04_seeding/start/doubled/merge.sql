INSERT INTO books (isbn, title, price, seen_at)
SELECT isbn, title, price::numeric, seen_at FROM crawled
WHERE price ~ '^[0-9]+([.][0-9]+)?$'
ON CONFLICT DO NOTHING;
