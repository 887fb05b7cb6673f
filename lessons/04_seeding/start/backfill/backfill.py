"""Fill sales.price_dkk, one batch after the other."""

import psycopg2

BATCH = 1000

connection = psycopg2.connect("")
cursor = connection.cursor()
