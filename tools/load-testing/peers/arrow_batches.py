"""Owns the corpus as Arrow tables, the format in which DuckDB takes many rows at once from its own process."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from peers.corpus import Row, batches

# The package has no type information, which stays hidden in this module.
_arrow: Any = import_module("pyarrow")
_files: Any = import_module("pyarrow.ipc")


def prepare(corpus: Path, file: Path) -> list[object]:
    """A table for each batch, in a mapped file, so that it is not counted as memory of the engine."""
    schema = _arrow.schema([(name, _arrow.string()) for name in Row._fields])
    with _arrow.OSFile(str(file), "wb") as out, _files.new_file(out, schema) as writer:
        for batch in batches(corpus):
            columns = [_arrow.array(column, _arrow.string()) for column in zip(*batch, strict=True)]
            writer.write_batch(_arrow.record_batch(columns, schema=schema))
    reader = _files.open_file(_arrow.memory_map(str(file)))
    return [_arrow.Table.from_batches([reader.get_batch(place)]) for place in range(reader.num_record_batches)]
