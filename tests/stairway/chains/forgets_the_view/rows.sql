CREATE VIEW paid AS SELECT id, total FROM orders WHERE status = 'paid';
