"""Values between two processes whose packages differ: JSON, and arrays as bytes. No pickle, which knows versions.

Runs in any Python from 3.8 on, and imports NumPy and pandas where a value needs them.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

_HEAD = struct.Struct("<II")
_PLAIN = "biufc"
_TIMES = "mM"


def send(connection: Any, value: Any) -> None:
    """One message: the lengths of its parts, the JSON, the arrays' bytes."""
    buffers: list[Any] = []
    text = json.dumps(_encode(value, buffers)).encode()
    sizes = struct.pack("<%dQ" % len(buffers), *(len(buffer) for buffer in buffers))
    connection.sendall(b"".join([_HEAD.pack(len(text), len(buffers)), sizes, text, *buffers]))


def receive(connection: Any) -> Any:
    """EOFError where the other side has gone."""
    length, number = _HEAD.unpack(_exactly(connection, _HEAD.size))
    sizes = struct.unpack("<%dQ" % number, _exactly(connection, 8 * number))
    coded = json.loads(bytes(_exactly(connection, length)))
    return _decode(coded, [_exactly(connection, size) for size in sizes])


def _exactly(connection: Any, size: int) -> bytearray:
    data = bytearray(size)
    view, there = memoryview(data), 0
    while there < size:
        got = connection.recv_into(view[there:])
        if not got:
            raise EOFError("the other process has gone")
        there += got
    return data


def _encode(value: Any, buffers: list[Any]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return {"list": [_encode(part, buffers) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[_encode(key, buffers), _encode(part, buffers)] for key, part in value.items()]}
    return _encode_of_libraries(value, buffers)


def _encode_of_libraries(value: Any, buffers: list[Any]) -> Any:
    if isinstance(value, (bytes, bytearray)):
        buffers.append(bytes(value))
        return {"bytes": len(buffers) - 1}
    if isinstance(value, np.generic) and value.dtype.kind not in _PLAIN + _TIMES:
        return _encode(value.item(), buffers)
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(np.asarray(value), buffers)
    return _table(value, buffers)


def _array(value: Any, buffers: list[Any]) -> Any:
    shape = list(value.shape)
    if value.dtype.kind in _PLAIN + _TIMES:
        buffers.append(np.ascontiguousarray(value).tobytes())
        return {"array": len(buffers) - 1, "dtype": value.dtype.str, "shape": shape}
    kind = "U" if value.dtype.kind == "U" else "O"
    return {"objects": [_encode(part, buffers) for part in value.ravel().tolist()], "dtype": kind, "shape": shape}


def _table(value: Any, buffers: list[Any]) -> Any:
    """Pandas' tables and series, SciPy's sparse matrices, and times; anything else goes as text."""
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        names = [_encode(_plain(name), buffers) for name in value.columns]
        return {"frame": names, "columns": [_column(value.iloc[:, at], buffers) for at in range(len(names))]}
    if hasattr(value, "iloc"):
        return {"series": _column(value, buffers), "name": _encode(_plain(value.name), buffers)}
    if hasattr(value, "toarray"):
        return _array(np.asarray(value.toarray()), buffers)
    if hasattr(value, "isoformat"):
        return {"time": value.isoformat()}
    return str(value)


def _column(column: Any, buffers: list[Any]) -> Any:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in _PLAIN + _TIMES:
        return _array(column.to_numpy(), buffers)
    missing = column.isna().to_numpy()
    values = [None if gone else part for part, gone in zip(column.tolist(), missing)]  # noqa: B905 - Python 3.8
    coded = {"objects": [_encode(part, buffers) for part in values], "dtype": "O", "shape": [len(values)]}
    return {"typed": coded, "as": str(column.dtype)} if str(column.dtype) in _NULLABLE else coded


_NULLABLE = {"Int8", "Int16", "Int32", "Int64", "Float32", "Float64", "boolean", "category"}


def _plain(name: Any) -> Any:
    return name if name is None or isinstance(name, (int, str)) else str(name)


def _decode(coded: Any, buffers: list[Any]) -> Any:
    if not isinstance(coded, dict):
        return coded
    kind = next(iter(coded))
    return _DECODERS[kind](coded, buffers)


def _decode_array(coded: dict[str, Any], buffers: list[Any]) -> Any:
    return np.frombuffer(buffers[coded["array"]], dtype=coded["dtype"]).reshape(coded["shape"])


def _decode_objects(coded: dict[str, Any], buffers: list[Any]) -> Any:
    made = np.empty(len(coded["objects"]), dtype=object)
    made[:] = [_decode(part, buffers) for part in coded["objects"]]
    return (made.astype(str) if coded["dtype"] == "U" else made).reshape(coded["shape"])


def _decode_frame(coded: dict[str, Any], buffers: list[Any]) -> Any:
    import pandas as pd

    columns = [_series(part, buffers) for part in coded["columns"]]
    if not columns:
        return pd.DataFrame()
    made = pd.concat(columns, axis=1)
    made.columns = [_decode(name, buffers) for name in coded["frame"]]
    return made


def _series(coded: dict[str, Any], buffers: list[Any]) -> Any:
    import pandas as pd

    if "typed" in coded:
        return pd.Series(_decode(coded["typed"], buffers)).astype(coded["as"])
    return pd.Series(_decode(coded, buffers))


def _decode_series(coded: dict[str, Any], buffers: list[Any]) -> Any:
    made = _series(coded["series"], buffers)
    made.name = _decode(coded["name"], buffers)
    return made


def _decode_time(coded: dict[str, Any], _: list[Any]) -> Any:
    import pandas as pd

    return pd.Timestamp(coded["time"])


_DECODERS = {
    "list": lambda coded, buffers: [_decode(part, buffers) for part in coded["list"]],
    "dict": lambda coded, buffers: {_decode(key, buffers): _decode(part, buffers) for key, part in coded["dict"]},
    "bytes": lambda coded, buffers: bytes(buffers[coded["bytes"]]),
    "array": _decode_array,
    "objects": _decode_objects,
    "frame": _decode_frame,
    "series": _decode_series,
    "time": _decode_time,
}
