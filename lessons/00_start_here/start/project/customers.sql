INSERT INTO accounts (email, full_name) VALUES
    ('karen@mail.example', 'Karen Sørensen'),
    ('mads@skole.example', 'Mads Østerby'),
    ('fatima@example.org', 'Fatima Al-Sayed'),
    ('aase@example.org', 'Åse Lindegård');
