"""Could the till sell now? One sale of each type is tried, and nothing of it stays."""

from contextlib import closing

import psycopg2

from migrationlab.drills.workload import random_sales
from migrationlab.drills.workload.shop_workload import GIVES_UP

VALUES = {
    "code": "probe",
    "id": "7",
    "price": "99.00",
    "customer_id": "7",
    "book_id": "7",
    "worth": "100",
    "email": "a@example.dk",
}


def refusals(address: dict[str, str]) -> list[str]:
    """A sentence for each type of sale that the database refuses to the shop's user.

    address   what shop.conf says
    """
    faults = []
    try:
        connection = psycopg2.connect(**address, **GIVES_UP)
    except psycopg2.Error as error:
        return [f"The till cannot connect: {str(error).strip().splitlines()[0]}"]
    with closing(connection), connection.cursor() as cursor:
        for number, what in enumerate(random_sales.SALE_TYPES):
            statement, _ = random_sales.STATEMENTS[what]
            try:
                cursor.execute(statement, VALUES | {"receipt": f"probe-{number}"})
                if cursor.rowcount != 1:
                    faults.append(f"The till cannot sell (a new {what}): there is no such row.")
            except psycopg2.Error as error:
                why = str(error).strip().splitlines()[0]
                faults.append(f"The till cannot sell (a new {what}): {why}")
            if connection.closed:
                break
            connection.rollback()
    return faults
