-- The chess club's old file, as SQLite reads it.
DROP TABLE IF EXISTS Games;
DROP TABLE IF EXISTS Player;
CREATE TABLE Player (
    PlayerNo INTEGER PRIMARY KEY AUTOINCREMENT,
    "Full Name" VARCHAR(60),
    Mail VARCHAR(60),
    Joined VARCHAR(10),
    Junior BOOLEAN,
    Rank TEXT,
    Fax TEXT
);
INSERT INTO Player VALUES
    (1, 'Søren Ravn', 'soeren@mail.example', '01/02/2019', 0, 'beginner', NULL),
    (2, 'Åse Lund', 'aase@mail.example', '14/08/2020', 0, 'master', '33 11 22 33'),
    (5, 'Ida Kjær', 'ida@mail.example', '30/09/2021', 1, 'club', NULL),
    (6, 'Noor Dahl', 'noor@mail.example', '', 1, 'beginner', NULL),
    (9, 'Øjvind Friis', 'oejvind@mail.example', '05/11/2023', 0, 'club', '');
UPDATE sqlite_sequence SET seq = 14 WHERE name = 'Player';
CREATE TABLE Games (
    Id INTEGER PRIMARY KEY,
    White INTEGER REFERENCES Player (PlayerNo),
    Black INTEGER REFERENCES Player (PlayerNo),
    Played DATETIME,
    Result TEXT
);
INSERT INTO Games VALUES
    (1, 1, 2, 1577880000, '0-1'), (2, 5, 6, 1640000000, '1/2-1/2'), (3, 2, 9, 1700000000, '1-0'),
    (7, 9, 1, 1710000000, '1-0');
