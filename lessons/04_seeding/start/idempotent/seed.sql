INSERT INTO countries (code, name) VALUES
    ('DK', 'Danmark'),
    ('FO', 'Færøerne'),
    ('NO', 'Norge'),
    ('SE', 'Sverige');

INSERT INTO shipping_rates (country, region, price) VALUES
    ('DK', NULL, 39),
    ('DK', 'Bornholm', 59),
    ('FO', NULL, 119),
    ('NO', NULL, 89),
    ('NO', 'Svalbard', 189),
    ('SE', NULL, 69);
