"""Pictures of a database's state: where it stands in its revisions, and its tables.

`revisions.revision_graph` and `tables.tables` return a `picture.Picture`.
"""

from migrationlab.pictures.picture import Picture
from migrationlab.pictures.revisions import revision_graph
from migrationlab.pictures.table_cards import tables

__all__ = ["Picture", "revision_graph", "tables"]
