from alembic import context

if context.is_offline_mode()
    pass
