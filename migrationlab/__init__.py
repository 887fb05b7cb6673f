"""Migration Lab: learn to migrate and to back up a real PostgreSQL database."""

__version__ = "1.0"


def __getattr__(name: str):
    # Lazy: the notebook's door imports IPython and pandas, which the command line never needs.
    if name == "lab":
        try:
            from migrationlab.notebook.facade import lab
        except ModuleNotFoundError as error:
            if error.name != "migrationlab.notebook":
                raise
            raise ImportError("The lessons work in a clone of the course, not here.") from None
        return lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
