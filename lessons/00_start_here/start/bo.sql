-- Bo's database: made in January from the schema.sql of that time, and in daily use since then.
CREATE TABLE accounts (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email     text NOT NULL,
    full_name text NOT NULL,
    mobile    text
);
INSERT INTO accounts (email, full_name, mobile) VALUES
    ('karen@mail.example', 'Karen Sørensen', '+4522129132'),
    ('mads@skole.example', 'Mads Østerby', '+4551744978'),
    ('fatima@example.org', 'Fatima Al-Sayed', NULL),
    ('aase@example.org', 'Åse Lindegård', '+4560117717'),
    ('ozlem@post.example', 'Özlem Yıldız', '+4522595129');
DELETE FROM accounts WHERE email = 'mads@skole.example';
