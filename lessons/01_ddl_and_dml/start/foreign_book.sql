-- Exercise 1.6: one book whose number does not begin with 978, so that grow.sql fails at its end.
INSERT INTO books (isbn, title, price) VALUES ('9791032718469', 'Une nuit à Copenhague', 179.95);
