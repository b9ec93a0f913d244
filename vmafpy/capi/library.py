"""A loaded implementation of the C API: the embedded engine, or a libvmaf opened at run time."""

from __future__ import annotations

import enum
import errno
import importlib
import locale
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from vmafpy.capi._cdata import FFI, CData, Lib
from vmafpy.capi.features import (
    LEGACY,
    Extractor,
    OptionValue,
    ScoreName,
    find_extractor,
    names_of_output,
    read_inventory,
)
from vmafpy.capi.locate import ENVIRONMENT, Place, places
from vmafpy.errors import EngineError, LibraryNotFoundError, OptionError, VmafError

REFERENCE_COUNTING = ("vmaf_ref_init", "vmaf_ref_fetch_increment", "vmaf_ref_load", "vmaf_ref_close")
REQUIRED = (
    "vmaf_version",
    "vmaf_init",
    "vmaf_close",
    "vmaf_use_feature",
    "vmaf_use_features_from_model",
    "vmaf_use_features_from_model_collection",
    "vmaf_import_feature_score",
    "vmaf_read_pictures",
    "vmaf_feature_score_at_index",
    "vmaf_feature_score_pooled",
    "vmaf_score_at_index",
    "vmaf_score_pooled",
    "vmaf_score_at_index_model_collection",
    "vmaf_score_pooled_model_collection",
    "vmaf_model_load_from_path",
    "vmaf_model_feature_overload",
    "vmaf_model_destroy",
    "vmaf_model_collection_load_from_path",
    "vmaf_model_collection_feature_overload",
    "vmaf_model_collection_destroy",
    "vmaf_feature_dictionary_set",
    "vmaf_feature_dictionary_free",
    "vmaf_picture_alloc",
    "vmaf_picture_unref",
)
AVX2_AND_UP = 8 | 16 | 32
_TOO_OLD = re.compile(r"^v?(0|1|2\.[0-2])\.")


class Generation(enum.IntEnum):
    """Releases of libvmaf that behave alike, told apart by their symbols; newer ones compare greater."""

    V2_3 = 23
    V3_0 = 30
    V3_1 = 31
    V3_2 = 32

    def __str__(self) -> str:
        return f"{self // 10}.{self % 10}"


def check(rc: int, what: str) -> None:
    """
    Turn a return code of the C API into an exception.

    Raises
    ------
    EngineError
        If *rc* is not 0; the text has *what* was called and the name of the error.
    """
    if rc:
        name = errno.errorcode.get(-rc, "unknown error")
        raise EngineError(f"{what} failed: {name} ({rc})")


class Library:
    """
    A loaded implementation of libvmaf's C API.

    Made by :meth:`embedded`, :meth:`open` or :func:`find_library`; one object per library and process, never
    unloaded. Safe to share between threads.

    Attributes
    ----------
    ffi, lib : cffi objects
        Declarations and functions; ``cdata`` never crosses libraries.
    origin : str
        ``"embedded"``, ``"argument"``, ``"VMAFPY_LIBRARY"``, ``"PyAV"`` or ``"system"``.
    path : pathlib.Path or None
        The opened file; None for the embedded engine.
    version : str
        What ``vmaf_version()`` says. Not reliable in libvmaf (3.1.0 says 3.0.0), so nothing depends on it.
    generation : Generation
        The release whose interface the library has.
    forced_mask : int
        Bits every context's CPU mask has: instruction sets with which this library computes wrong scores.
    sharing_fault : str
        Why pictures cannot be handed over without a copy; empty where they can.
    """

    _loaded: ClassVar[dict[str, Library]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, ffi: FFI, lib: Lib, origin: str, path: Path | None) -> None:
        self.ffi = ffi
        self.lib = lib
        self.origin = origin
        self.path = path
        self.is_embedded = path is None
        self.generation = self._find_generation()
        self.version = str(ffi.string(lib.vmaf_version()).decode(errors="replace"))
        # vif of 2.3.1 scores 8-bit pictures of 1 to 8 (mod 16) samples width from memory it never wrote
        self.forced_mask = AVX2_AND_UP if self.generation <= Generation.V2_3 else 0
        self.sharing_fault = self._find_sharing_fault()
        self._masks: dict[int, int] = {}
        self._masks_lock = threading.Lock()
        self._features: Mapping[str, Extractor] | None = None
        # one zero-filled block stands for the private data of every shared picture
        self.picture_private = ffi.new("char[512]")

    @classmethod
    def embedded(cls) -> Library:
        """
        Return the engine that is part of this package.

        Raises
        ------
        LibraryNotFoundError
            If the extension module was not built.
        """
        with cls._lock:
            if "embedded" not in cls._loaded:
                try:
                    module = importlib.import_module("vmafpy.capi._embedded")
                except ImportError as error:
                    raise LibraryNotFoundError(
                        f"the embedded engine cannot be loaded ({error}); install the package with "
                        "'pip install .', which builds it"
                    ) from error
                cls._loaded["embedded"] = cls(module.ffi, module.lib, "embedded", None)
            return cls._loaded["embedded"]

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, origin: str = "argument") -> Library:
        """
        Open a libvmaf.

        Parameters
        ----------
        path : path
            A shared library, or a bare name for the dynamic loader.
        origin : str
            Kept as :attr:`origin`.

        Raises
        ------
        LibraryNotFoundError
            If it cannot be loaded, or is no libvmaf of release 2.3.1 or later.
        """
        name = os.fspath(path)
        if "\0" in name or not name:
            raise LibraryNotFoundError(f"{name!r} is no path of a library")
        if os.sep in name and not os.path.exists(name):
            raise LibraryNotFoundError(f"{name}: no such file")
        key = os.path.realpath(name) if os.path.exists(name) else name
        with cls._lock:
            if key not in cls._loaded:
                cls._loaded[key] = cls._load(name, origin)
            return cls._loaded[key]

    @classmethod
    def _load(cls, name: str, origin: str) -> Library:
        try:
            module = importlib.import_module("vmafpy.capi._external")
        except ImportError as error:
            raise LibraryNotFoundError(
                f"vmafpy.capi._external cannot be loaded ({error}); install the package with 'pip install .'"
            ) from error
        ffi: FFI = module.ffi
        # RTLD_NODELETE: worker threads and late destructors may outlive the module that opened the library
        flags = os.RTLD_NOW | os.RTLD_LOCAL | getattr(os, "RTLD_NODELETE", 0)
        full = os.path.abspath(name) if os.path.exists(name) else name
        try:
            lib = ffi.dlopen(full, flags)
        except OSError as error:
            raise LibraryNotFoundError(f"{name}: the dynamic loader refuses it: {error}") from error
        missing = [symbol for symbol in REQUIRED if not _exports(ffi, lib, symbol)]
        if missing:
            raise LibraryNotFoundError(
                f"{name}: no libvmaf of release 2.3.1 or later, {len(missing)} functions are missing: "
                + ", ".join(missing[:3])
            )
        version = ffi.string(lib.vmaf_version()).decode(errors="replace")
        if _TOO_OLD.match(version):
            raise LibraryNotFoundError(f"{name}: libvmaf {version} is older than 2.3.1, the oldest supported")
        for known in cls._loaded.values():  # the loader may know one file by several names
            if not known.is_embedded and known.lib.vmaf_init == lib.vmaf_init:
                return known
        try:
            return cls(ffi, lib, origin, Path(full))
        except EngineError as error:
            raise LibraryNotFoundError(f"{name}: the library fails its first use: {error}") from error

    def has(self, symbol: str) -> bool:
        """Tell whether the library exports a function."""
        return _exports(self.ffi, self.lib, symbol)

    def features(self) -> Mapping[str, Extractor]:
        """
        Return the extractors the library has, by name, in search order.

        A libvmaf does not tell its options: up to 3.1 they come from a table, from 3.2 on they are those of the
        embedded engine, which has the same. Extractors this build of libvmaf lacks are left out.
        """
        if self._features is None:
            if self.is_embedded:
                self._features = read_inventory(self.ffi, self.lib)
            else:
                newest = self.generation >= Generation.V3_2
                table = Library.embedded().features() if newest else LEGACY
                if self.has("vmaf_get_feature_extractor_by_name"):
                    get, null = self.lib.vmaf_get_feature_extractor_by_name, self.ffi.NULL
                    table = {name: entry for name, entry in table.items() if get(name.encode()) != null}
                self._features = MappingProxyType(dict(table))
        return self._features

    def dictionary(self, texts: Mapping[str, str]) -> CData:
        """
        Make a feature dictionary from checked texts; NULL if there are none.

        The caller owns it until it is given to a function that consumes it.
        """
        self.check_locale()
        made = self.ffi.new("VmafFeatureDictionary **")
        for name, text in texts.items():
            rc = self.lib.vmaf_feature_dictionary_set(made, name.encode(), text.encode())
            if rc:
                self.lib.vmaf_feature_dictionary_free(made)
                check(rc, f"vmaf_feature_dictionary_set({name}, {text})")
        return made[0]

    def free_dictionary(self, dictionary: CData) -> None:
        """Free a dictionary that no function has consumed."""
        if dictionary != self.ffi.NULL:
            self.lib.vmaf_feature_dictionary_free(self.ffi.new("VmafFeatureDictionary **", dictionary))

    def check_locale(self) -> None:
        """Refuse a locale in which libvmaf would misread decimal numbers."""
        point = locale.localeconv()["decimal_point"]
        if not self.is_embedded and point != ".":
            raise EngineError(
                f"the process' locale writes decimals with {point!r}, which libvmaf misreads; "
                "call locale.setlocale(locale.LC_NUMERIC, 'C') first"
            )

    def claim_mask(self, context: int, cpumask: int) -> None:
        """
        Note that a context runs with a CPU mask; in a libvmaf the mask is one for the whole process.

        Raises
        ------
        OptionError
            If an open context of this libvmaf runs with another mask.
        """
        if self.is_embedded:
            return
        with self._masks_lock:
            others = set(self._masks.values()) - {cpumask}
            if others:
                raise OptionError(
                    f"cpumask={cpumask}: libvmaf has one mask for the whole process, and an open context uses "
                    f"{others.pop()}; close it first, or use the embedded engine"
                )
            self._masks[context] = cpumask

    def release_mask(self, context: int) -> None:
        """Note that a context is closed."""
        with self._masks_lock:
            self._masks.pop(context, None)

    def _find_generation(self) -> Generation:
        if self.is_embedded or self.has("vmaf_preallocate_pictures"):
            return Generation.V3_2
        if self.has("vmaf_register_metadata_handler"):
            return Generation.V3_1
        if self.has("vmaf_picture_priv_init"):
            return Generation.V3_0
        return Generation.V2_3

    def _find_sharing_fault(self) -> str:
        """Self-test of what a picture looks like and how its references are counted."""
        missing = [symbol for symbol in REFERENCE_COUNTING if not self.has(symbol)]
        if missing:
            return f"the library does not export {missing[0]}"
        picture = self.ffi.new("VmafPicture *")
        check(self.lib.vmaf_picture_alloc(picture, self.lib.VMAF_PIX_FMT_YUV420P, 8, 16, 16), "vmaf_picture_alloc")
        try:
            if self.lib.vmaf_ref_load(picture.ref) != 1:
                return "the library counts references in another way"
            if self.is_embedded:
                return ""
            as_expected = (
                list(picture.w) == [16, 8, 8]
                and list(picture.h) == [16, 8, 8]
                and picture.stride[0] == 32
                and int(self.ffi.cast("intptr_t", picture.data[1])) - int(self.ffi.cast("intptr_t", picture.data[0]))
                == 512
                and (picture.priv != self.ffi.NULL) == (self.generation >= Generation.V3_0)
            )
            return "" if as_expected else "the library lays pictures out in another way"
        finally:
            self.lib.vmaf_picture_unref(picture)

    def __str__(self) -> str:
        if self.is_embedded:
            return f"the embedded engine {self.version}"
        return f"libvmaf {self.version} ({self.path})"

    def __repr__(self) -> str:
        return f"<Library {self.origin}: {self}, generation {self.generation}>"


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One answer of the search for a library.

    Attributes
    ----------
    place : Place
        Where it was looked.
    library : Library or None
        What was found there.
    reason : str
        Why the place was passed over; empty if it was not.
    """

    place: Place
    library: Library | None
    reason: str

    def __str__(self) -> str:
        what = f"{self.place.origin}: {self.place.path or ''}".rstrip(": ")
        return f"{what}: {self.reason}" if self.library is None else f"{what}: {self.library}"


def candidates(argument: str | os.PathLike[str] | None = None) -> list[Candidate]:
    """Try every place where a libvmaf may be, first choice first, and say what came of it."""
    return [_probe(place) for place in places(argument)]


def find_library(spec: str | os.PathLike[str] | Library | None = None) -> Library:
    """
    Return the implementation to use.

    Parameters
    ----------
    spec : None, "embedded", "libvmaf", path or Library
        None: what the environment variable ``VMAFPY_LIBRARY`` says (in the same words), else the embedded
        engine. ``"libvmaf"``: the first libvmaf of the places :func:`candidates` lists.

    Raises
    ------
    LibraryNotFoundError
        If there is none; the text lists where it was looked for and why each place was passed over.
    """
    if isinstance(spec, Library):
        return spec
    origin = "argument"
    if spec is None:
        spec = os.environ.get(ENVIRONMENT) or "embedded"
        origin = ENVIRONMENT
    if spec == "embedded":
        return Library.embedded()
    if spec != "libvmaf":
        return Library.open(spec, origin=origin)
    tried: list[Candidate] = []
    for place in places():
        candidate = _probe(place)
        if candidate.library is not None:
            return candidate.library
        tried.append(candidate)
    raise LibraryNotFoundError(
        "no libvmaf of release 2.3.1 or later found; name one with library=PATH or the environment variable "
        f"{ENVIRONMENT}, or use the embedded engine. Looked for it here:\n"
        + "\n".join(f"  {candidate}" for candidate in tried)
    )


def _exports(ffi: FFI, lib: Lib, symbol: str) -> bool:
    try:
        getattr(lib, symbol)
    except (AttributeError, ffi.error):
        return False
    return True


def _probe(place: Place) -> Candidate:
    if place.path is None:
        return Candidate(place, None, place.note)
    try:
        return Candidate(place, Library.open(place.path, origin=place.origin), "")
    except VmafError as error:
        return Candidate(place, None, str(error))


def score_names(
    extractor: str, options: Mapping[str, OptionValue] | None = None, library: Library | None = None
) -> list[ScoreName]:
    """
    Return the names under which an extractor with these options stores its scores, and how reports print them.

    Parameters
    ----------
    extractor : str
        Such as ``"vif"``.
    options : mapping, optional
        Option names and values.
    library : Library, optional
        None: :func:`find_library`'s default.

    Raises
    ------
    UnknownFeatureError
        If the library has no such extractor.
    OptionError
        If it has no such option or does not take the value.
    """
    library = find_library() if library is None else library
    entry = find_extractor(library.features(), extractor, str(library))
    return names_of(library, entry, entry.texts(options or {}))


def names_of(library: Library, extractor: Extractor, texts: Mapping[str, str]) -> list[ScoreName]:
    """Return the names of the scores these checked options switch on."""
    made = []
    plain = not extractor.suffix(texts)
    for output in extractor.active(texts):
        stored = _embedded_name(library, extractor.name, output.name, texts)
        if stored is None:
            stored = names_of_output(extractor, output, texts)
        printed = output.alias if plain and stored == output.name else stored
        made.append(ScoreName(output.name, stored, printed))
    return made


def _embedded_name(library: Library, extractor: str, output: str, texts: Mapping[str, str]) -> str | None:
    if not library.is_embedded:
        return None
    ffi, lib = library.ffi, library.lib
    dictionary = library.dictionary(texts)
    try:
        name = ffi.new("char[]", 512)
        rc = lib.vmafpy_score_name(extractor.encode(), output.encode(), dictionary, name, 512)
        check(rc, f"vmafpy_score_name({extractor}, {output}, {dict(texts)})")
        return str(ffi.string(name).decode())
    finally:
        library.free_dictionary(dictionary)
