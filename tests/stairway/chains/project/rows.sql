INSERT INTO accounts (email, full_name, phone, active) VALUES
    ('Bo@example.com', 'Bo Ø. Jensen', '12 34 56 78', true),
    ('Åse@example.com', 'Åse Bang', '', false),
    ('🙂@example.com', 'Solveig Holm Ærø', NULL, true);
INSERT INTO orders (account_id, total, status) VALUES
    (1, 100.00, 'new'), (1, 0.00, 'paid'), (2, 59.95, 'sent');
