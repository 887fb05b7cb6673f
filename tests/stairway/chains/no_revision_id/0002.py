"""not a revision"""


def upgrade():
    pass
