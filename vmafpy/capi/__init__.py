"""The C API of libvmaf as Python objects, with the embedded engine or a libvmaf found at run time behind it."""

from vmafpy.capi.context import Context
from vmafpy.capi.features import Extractor, Option, Output, ScoreName
from vmafpy.capi.library import Candidate, Generation, Library, candidates, check, find_library, score_names
from vmafpy.capi.model import Model, ModelCollection
from vmafpy.capi.picture import Picture, PixelFormat
from vmafpy.capi.scores import CollectionScore, Pooling
from vmafpy.capi.shared_reference import SharedReference

__all__ = [
    "Candidate",
    "CollectionScore",
    "Context",
    "Extractor",
    "Generation",
    "Library",
    "Model",
    "ModelCollection",
    "Option",
    "Output",
    "Picture",
    "PixelFormat",
    "Pooling",
    "ScoreName",
    "SharedReference",
    "candidates",
    "check",
    "find_library",
    "score_names",
]
