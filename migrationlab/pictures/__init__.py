"""Pictures of a database's state: where it stands in its revisions, and its tables.

`revisions.revision_graph`, `table_cards.tables` and `lost_values_table.loss_meter` return a
`drawing.Picture`.
"""

from migrationlab.pictures.drawing import Picture
from migrationlab.pictures.lost_values_table import Meter, loss_meter
from migrationlab.pictures.revisions import revision_graph
from migrationlab.pictures.table_cards import tables

__all__ = ["Meter", "Picture", "loss_meter", "revision_graph", "tables"]
