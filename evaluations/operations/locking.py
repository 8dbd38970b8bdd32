"""The lock of an evaluation's roll and ballot box.

Whoever votes, or puts people on the roll, *shares* it: any number at once, none waits for another. Whoever writes
roll and box anew (stirring, closing) *takes* it: alone, when nobody is in the middle of a vote. It is an advisory
lock of PostgreSQL, held until the transaction ends, so it dies with its process and leaves no trace on a row. Ask
for it before any row is locked: then nobody waits in a circle.
"""

from django.db import connection

#: The first half of the lock's name: no other part of the system uses this number.
BOX = 0x45564131


def share_box(pk: int) -> None:
    """Keep the roll and box of evaluation `pk` from being written anew, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [BOX, pk])


def take_box(pk: int) -> None:
    """Wait until nobody votes on evaluation `pk`, and keep them waiting until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [BOX, pk])
