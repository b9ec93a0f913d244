"""Models and bootstrap collections as a library holds them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from vmafpy.capi._cdata import CData
from vmafpy.capi.document import ModelDocument, read_document
from vmafpy.capi.features import Extractor, OptionValue, Output, extractor_of_output, find_extractor
from vmafpy.capi.guards import option_fault
from vmafpy.capi.library import Generation, Library, check
from vmafpy.errors import ClosedError, InvalidModelError, OptionError, SequenceError, UnknownFeatureError

MAX_NAME = 100  # bytes; statistics of collections append to it, and libvmaf cuts at 255
_Self = TypeVar("_Self", bound="_Loaded")


class _Loaded(ABC):
    """What single models and collections share: a handle of the library, a name, and the features asked for."""

    def __init__(self, library: Library, name: str, document: ModelDocument) -> None:
        self.library = library
        self.name = name
        self.document = document
        self._handle: CData = None
        self._overloads: dict[str, dict[str, OptionValue]] = {}
        self._in_use = False

    @classmethod
    def load(
        cls: type[_Self],
        library: Library,
        path: str | os.PathLike[str],
        *,
        name: str = "vmaf",
        clip: bool = True,
        transform: bool = False,
        overloads: Mapping[str, Mapping[str, OptionValue]] | None = None,
    ) -> _Self:
        """
        Load a model file.

        Parameters
        ----------
        library : Library
        path : path
            JSON file: of a single model for `Model`, of a bootstrap collection for `ModelCollection`.
        name : str
            Under which scores are stored.
        clip : bool
            Clip scores to the range the file states.
        transform : bool
            Apply the file's score transform even where it is off (the phone model).
        overloads : mapping of str to mapping, optional
            Options put over those of the file, by extractor; see :meth:`override`.

        Raises
        ------
        UnknownModelError
            If there is no such file.
        InvalidModelError
            If it is no model of this kind.
        UnknownFeatureError
            If the library does not have a feature the model needs, or from *overloads*.
        OptionError
            From *overloads*.
        """
        document = _checked_document(library, path)
        model = cls(library, name, document)
        model._check_kind()
        model._raw_inputs()
        config, text = _config(library, name, clip, transform)
        rc = model._open(config, os.fsencode(document.path))
        del text
        if rc or model._handle is None:
            raise InvalidModelError(f"{document.path}: {library} refuses the model ({rc})")
        for extractor, options in (overloads or {}).items():
            model.override(extractor, options)
        return model

    @property
    def path(self) -> Path:
        """The model file."""
        return self.document.path

    @property
    def closed(self) -> bool:
        """True after :meth:`close`."""
        return self._handle is None

    @property
    def handle(self) -> CData:
        """
        The library's object; a context keeps it alive for as long as it needs it.

        Raises
        ------
        ClosedError
            After :meth:`close`.
        """
        if self._handle is None:
            raise ClosedError(f"model {self.name} is closed; load it again")
        return self._handle

    def close(self) -> None:
        """Let go of the library's object; it is freed when no open context uses it. Allowed twice."""
        self._handle = None

    def override(self, extractor: str, options: Mapping[str, OptionValue]) -> None:
        """
        Put options over those of the model file, for every feature of one extractor.

        Raises
        ------
        UnknownFeatureError
            If the library has no such extractor, or the model uses none of its features.
        OptionError
            If the extractor has no such option or does not take the value.
        SequenceError
            If a context already uses the model.
        """
        handle = self.handle
        if self._in_use:
            raise SequenceError(f"model {self.name} is in use by a context; override options before use_model()")
        entry = find_extractor(self.library.features(), extractor, str(self.library))
        texts = entry.texts(options)
        used = {found.name for found, _, _ in self._raw_inputs()}
        if extractor not in used:
            raise UnknownFeatureError(
                f"model {self.name} uses no feature of extractor {extractor!r}, but of {', '.join(sorted(used))}"
            )
        if texts:
            self._overload(handle, extractor, self.library.dictionary(texts))
            self._overloads.setdefault(extractor, {}).update(options)

    def note_use(self) -> None:
        """Remember that a context uses the model."""
        self._in_use = True

    def inputs(self) -> list[tuple[Extractor, Output, dict[str, str]]]:
        """
        Extractor, output and options, overrides applied, of each feature of the model.

        Raises
        ------
        UnknownFeatureError
            If the library gives no such feature.
        OptionError
            If an extractor of this library lacks an option or does not take its value: a libvmaf older than the
            model would silently compute something else.
        """
        found = []
        for extractor, output, options in self._raw_inputs():
            merged = {**options, **self._overloads.get(extractor.name, {})}
            try:
                texts = {name: _text(extractor, name, value) for name, value in merged.items()}
            except OptionError as error:
                raise OptionError(f"model {self.name} ({self.path.name}) on {self.library}: {error}") from None
            fault = "" if self.library.is_embedded else option_fault(extractor.name, texts)
            if fault:
                raise OptionError(f"model {self.name} ({self.path.name}): {fault}")
            found.append((extractor, output, texts))
        return found

    def _raw_inputs(self) -> list[tuple[Extractor, Output, Mapping[str, OptionValue]]]:
        found = []
        for feature in self.document.features:
            pair = extractor_of_output(self.library.features(), feature.name)
            if pair is None:
                raise UnknownFeatureError(
                    f"model {self.name} ({self.path.name}) needs {feature.name}, which {self.library} does not have"
                )
            found.append((*pair, feature.options))
        return found

    def _owned(self, pointer: CData, destroy: CData) -> CData:
        """Take over an object of the library; a failure after parsing has begun leaves one as well."""
        return None if pointer == self.library.ffi.NULL else self.library.ffi.gc(pointer, destroy)

    @abstractmethod
    def score_names(self) -> tuple[str, ...]:
        """Return the names under which a context stores this model's scores."""

    @abstractmethod
    def _check_kind(self) -> None: ...

    @abstractmethod
    def _open(self, config: CData, path: bytes) -> int: ...

    @abstractmethod
    def _overload(self, handle: CData, extractor: str, dictionary: CData) -> None: ...

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Model(_Loaded):
    """
    A single model, loaded into a library.

    Attributes
    ----------
    library : Library
    name : str
        Under which a context stores the scores; unique in a context.
    document : ModelDocument
        What the file asks for.
    """

    def _check_kind(self) -> None:
        if self.document.n_members:
            raise InvalidModelError(f"{self.path}: a bootstrap collection; load it as a ModelCollection")

    def _open(self, config: CData, path: bytes) -> int:
        ffi, lib = self.library.ffi, self.library.lib
        out = ffi.new("VmafModel **")
        rc: int = lib.vmaf_model_load_from_path(out, config, path)
        self._handle = self._owned(out[0], lib.vmaf_model_destroy)
        return rc

    def score_names(self) -> tuple[str, ...]:
        """Return the names under which a context stores this model's scores."""
        return (self.name,)

    def _overload(self, handle: CData, extractor: str, dictionary: CData) -> None:
        rc = self.library.lib.vmaf_model_feature_overload(handle, extractor.encode(), dictionary)
        check(rc, f"vmaf_model_feature_overload({self.name}, {extractor})")


class ModelCollection(_Loaded):
    """
    A bootstrap collection: a main model, and members whose spread gives an interval.

    Attributes
    ----------
    library : Library
    name : str
        Under which a context stores the main model's scores; the members' end in ``_0001`` and so on, the
        statistics in ``_bagging``, ``_stddev``, ``_ci_p95_lo`` and ``_ci_p95_hi``.
    document : ModelDocument
        What the file asks for.
    """

    def __init__(self, library: Library, name: str, document: ModelDocument) -> None:
        super().__init__(library, name, document)
        self._main: CData = None

    def _check_kind(self) -> None:
        if not self.document.n_members:
            raise InvalidModelError(f"{self.path}: a single model; load it as a Model")

    def _open(self, config: CData, path: bytes) -> int:
        ffi, lib = self.library.ffi, self.library.lib
        main, out = ffi.new("VmafModel **"), ffi.new("VmafModelCollection **")
        rc: int = lib.vmaf_model_collection_load_from_path(main, out, config, path)
        self._main = self._owned(main[0], lib.vmaf_model_destroy)
        self._handle = self._owned(out[0], lib.vmaf_model_collection_destroy)
        return rc

    @property
    def n_members(self) -> int:
        """Members besides the main model."""
        return self.document.n_members

    @property
    def main(self) -> CData:
        """
        The library's main model.

        Raises
        ------
        ClosedError
            After :meth:`close`.
        """
        if self._main is None:
            raise ClosedError(f"model {self.name} is closed; load it again")
        return self._main

    def member_names(self) -> tuple[str, ...]:
        """Return the names under which a context stores the members' scores."""
        return tuple(f"{self.name}_{k:04}" for k in range(1, self.n_members + 1))

    def statistic_names(self) -> tuple[str, str, str, str]:
        """Names of bagging score, standard deviation, and both ends of the 95 % interval."""
        stem = self.name
        return f"{stem}_bagging", f"{stem}_stddev", f"{stem}_ci_p95_lo", f"{stem}_ci_p95_hi"

    def score_names(self) -> tuple[str, ...]:
        """Return the names under which a context stores this collection's scores."""
        return (self.name, *self.member_names(), *self.statistic_names())

    def close(self) -> None:
        """Let go of the library's objects; they are freed when no open context uses them. Allowed twice."""
        self._main = None
        super().close()

    def _overload(self, handle: CData, extractor: str, dictionary: CData) -> None:
        ffi, lib = self.library.ffi, self.library.lib
        pointer = ffi.new("VmafModelCollection **", handle)
        rc = lib.vmaf_model_collection_feature_overload(self._main, pointer, extractor.encode(), dictionary)
        check(rc, f"vmaf_model_collection_feature_overload({self.name}, {extractor})")


def _checked_document(library: Library, path: str | os.PathLike[str]) -> ModelDocument:
    library.check_locale()
    document = read_document(path)
    most = 64 if library.generation >= Generation.V3_1 else 32
    if len(document.features) > most:
        raise InvalidModelError(
            f"{document.path}: {len(document.features)} features, but {library} takes at most {most}"
        )
    return document


def _config(library: Library, name: str, clip: bool, transform: bool) -> tuple[CData, CData]:
    """``VmafModelConfig``, and the text it points to."""
    if not (name.isprintable() and 0 < len(name.encode()) <= MAX_NAME):
        raise InvalidModelError(f"{name!r} is no name of a model: printable characters, 1 to {MAX_NAME} bytes")
    flags = library.lib.VMAF_MODEL_FLAGS_DEFAULT
    flags |= 0 if clip else library.lib.VMAF_MODEL_FLAG_DISABLE_CLIP
    flags |= library.lib.VMAF_MODEL_FLAG_ENABLE_TRANSFORM if transform else 0
    text = library.ffi.new("char[]", name.encode())
    return library.ffi.new("VmafModelConfig *", {"name": text, "flags": flags}), text


def _text(extractor: Extractor, name: str, value: OptionValue) -> str:
    """Return an option of a model file as the library keeps it; numbers lose digits there without a word."""
    option = extractor.options.get(name)
    if option is None:
        known = ", ".join(sorted(extractor.options)) or "none"
        raise OptionError(f"extractor {extractor.name} has no option {name!r}; it has: {known}")
    if option.type in ("int", "double") and isinstance(value, int | float) and not isinstance(value, bool):
        value = float(f"{value:.6g}")
    return option.text(value)
