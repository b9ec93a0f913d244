"""Names for cffi's untyped objects, so that everything else in this room can be typed."""

from typing import Any, TypeAlias

FFI: TypeAlias = Any
Lib: TypeAlias = Any
CData: TypeAlias = Any
