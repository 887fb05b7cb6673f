"""Migration Lab: learn to migrate and to back up a real PostgreSQL database."""


def __getattr__(name: str):
    # Lazy: the notebook's door imports IPython and pandas, which the command line never needs.
    if name == "lab":
        from migrationlab.notebook.facade import lab

        return lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
