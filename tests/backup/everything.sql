-- One of each thing that a database may have, with names that need quotes.
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE SCHEMA "Bøger og blade";
CREATE SCHEMA lager AUTHORIZATION "ejer af æbler";
CREATE TYPE mood AS ENUM ('glad', 'sur', '🙂');
CREATE DOMAIN isbn AS text CHECK (length(VALUE) > 3);
CREATE TYPE money_and_mood AS (amount numeric, mood mood);
CREATE SEQUENCE "tæller" START 100 INCREMENT -7 MAXVALUE 1000 MINVALUE -1000;
SELECT nextval('"tæller"'), nextval('"tæller"');
CREATE SEQUENCE untouched;

CREATE TABLE authors (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name citext NOT NULL UNIQUE,
    mood mood DEFAULT 'glad',
    portrait bytea,
    born date,
    pair money_and_mood
);
INSERT INTO authors (name, mood, portrait, born, pair) VALUES
    ('Søren Kierkegaard', 'sur', '\x00ff10', '1813-05-05', (1.50, 'sur')),
    ('Karen Blixen 🦁', 'glad', NULL, NULL, NULL),
    ('', '🙂', '', 'infinity', (NULL, 'glad'));
CREATE TABLE "Bøger og blade"."Ærø 🐑" (
    "nøgle" bigserial PRIMARY KEY,
    author_id int REFERENCES authors ON DELETE CASCADE,
    isbn isbn,
    price numeric(8, 2) CHECK (price >= 0),
    with_tax numeric GENERATED ALWAYS AS (price * 1.25) STORED,
    twice numeric GENERATED ALWAYS AS (price * 2) VIRTUAL,
    words text[] DEFAULT '{}',
    extra jsonb,
    during tstzrange,
    "say ""hi""" double precision
);
INSERT INTO "Bøger og blade"."Ærø 🐑"
    (author_id, isbn, price, words, extra, during, "say ""hi""")
SELECT 1 + n % 3, 'isbn' || n, n / 7.0, ARRAY['å', NULL, 'it''s', n::text],
    jsonb_build_object('n', n, 'tekst', E'linje\nskift\t\\'),
    tstzrange('2020-01-01+02', '2020-01-01+02'::timestamptz + n * '1 hour'::interval), n / 3.0
FROM generate_series(1, 500) n;
CREATE INDEX ON "Bøger og blade"."Ærø 🐑" USING gin (isbn gin_trgm_ops);
CREATE TABLE measured (at timestamptz NOT NULL, value real) PARTITION BY RANGE (at);
CREATE TABLE measured_2025 PARTITION OF measured FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE measured_rest PARTITION OF measured DEFAULT;
INSERT INTO measured SELECT '2025-06-01'::timestamptz + n * '3 days'::interval, random()
FROM generate_series(1, 200) n;
CREATE TABLE parent (a int); CREATE TABLE child (b int) INHERITS (parent);
INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 3);
CREATE UNLOGGED TABLE cache (k text PRIMARY KEY, v text); INSERT INTO cache VALUES ('a', 'b');
CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE empty_table (id int);
CREATE VIEW glad_authors AS SELECT * FROM authors WHERE mood = 'glad';
CREATE MATERIALIZED VIEW per_author AS
    SELECT author_id, count(*) AS books FROM "Bøger og blade"."Ærø 🐑" GROUP BY 1;
CREATE MATERIALIZED VIEW not_filled AS SELECT 1 AS one WITH NO DATA;

CREATE FUNCTION "Bøger og blade".shout(text) RETURNS text LANGUAGE sql IMMUTABLE
    AS $$ SELECT upper($1) || '!' $$;
CREATE PROCEDURE tidy() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE TABLE log (line text, at timestamptz DEFAULT now());
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO log VALUES (NEW.name); RETURN NEW; END $$;
CREATE TRIGGER noted AFTER INSERT ON authors FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE authors DISABLE TRIGGER noted;
CREATE RULE quiet AS ON DELETE TO log DO INSTEAD NOTHING;
ALTER TABLE log ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON log FOR SELECT TO "læser" USING (line <> '');
CREATE STATISTICS few ON k, v FROM cache;
CREATE PUBLICATION everything FOR ALL TABLES;
COMMENT ON TABLE authors IS 'skriver bøger; ''quoted'' & æøå 🎉';

SELECT lo_from_bytea(4242, '\x00010203ff');
SELECT lo_from_bytea(4243, convert_to(repeat('stort ', 20000), 'UTF8'));
ALTER LARGE OBJECT 4242 OWNER TO "ejer af æbler";
CREATE TABLE attached (id int, lo oid); INSERT INTO attached VALUES (1, 4242), (2, 4243);

ALTER TABLE "Bøger og blade"."Ærø 🐑" OWNER TO "ejer af æbler";
ALTER FUNCTION note() OWNER TO "ejer af æbler";
ALTER TYPE mood OWNER TO "ejer af æbler";
GRANT USAGE ON SCHEMA "Bøger og blade" TO "læser";
GRANT SELECT ON ALL TABLES IN SCHEMA "Bøger og blade" TO "læser" WITH GRANT OPTION;
GRANT SELECT (name), UPDATE (born) ON authors TO "læser";
REVOKE EXECUTE ON PROCEDURE tidy() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA lager GRANT SELECT ON TABLES TO "læser";
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0042');
