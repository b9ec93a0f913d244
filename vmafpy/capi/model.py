"""Models and bootstrap collections as a library holds them."""

from __future__ import annotations

import os
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


class _Loaded:
    """What single models and collections share: a handle of the library, a name, and the features asked for."""

    def __init__(self, library: Library, name: str, document: ModelDocument, handle: CData) -> None:
        self.library = library
        self.name = name
        self.document = document
        self._handle = handle
        self._overloads: dict[str, dict[str, OptionValue]] = {}
        self._in_use = False

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

    def _overload(self, handle: CData, extractor: str, dictionary: CData) -> None:
        raise NotImplementedError

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

    @classmethod
    def load(
        cls,
        library: Library,
        path: str | os.PathLike[str],
        *,
        name: str = "vmaf",
        clip: bool = True,
        transform: bool = False,
        overloads: Mapping[str, Mapping[str, OptionValue]] | None = None,
    ) -> Model:
        """
        Load a model file.

        Parameters
        ----------
        library : Library
        path : path
            JSON file of a single model.
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
            If it is no single model.
        UnknownFeatureError
            If the library does not have a feature the model needs, or from *overloads*.
        OptionError
            From *overloads*.
        """
        document = _checked_document(library, path)
        if document.n_members:
            raise InvalidModelError(f"{document.path}: a bootstrap collection; load it as a ModelCollection")
        model = cls(library, name, document, None)
        model._raw_inputs()
        ffi, lib = library.ffi, library.lib
        out = ffi.new("VmafModel **")
        config, keep = _config(library, name, clip, transform)
        rc = lib.vmaf_model_load_from_path(out, config, os.fsencode(document.path))
        del keep
        # a failure after parsing has begun leaves an object to destroy
        handle = None if out[0] == ffi.NULL else ffi.gc(out[0], lib.vmaf_model_destroy)
        if rc or handle is None:
            raise InvalidModelError(f"{document.path}: {library} refuses the model ({rc})")
        model._handle = handle
        for extractor, options in (overloads or {}).items():
            model.override(extractor, options)
        return model

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

    def __init__(self, library: Library, name: str, document: ModelDocument, handle: CData, main: CData) -> None:
        super().__init__(library, name, document, handle)
        self._main = main

    @classmethod
    def load(
        cls,
        library: Library,
        path: str | os.PathLike[str],
        *,
        name: str = "vmaf",
        clip: bool = True,
        transform: bool = False,
        overloads: Mapping[str, Mapping[str, OptionValue]] | None = None,
    ) -> ModelCollection:
        """
        Load a file with a bootstrap collection; parameters and errors as for :meth:`Model.load`.

        Raises
        ------
        InvalidModelError
            If it is no collection.
        """
        document = _checked_document(library, path)
        if not document.n_members:
            raise InvalidModelError(f"{document.path}: a single model; load it as a Model")
        collection = cls(library, name, document, None, None)
        collection._raw_inputs()
        ffi, lib = library.ffi, library.lib
        main, out = ffi.new("VmafModel **"), ffi.new("VmafModelCollection **")
        config, keep = _config(library, name, clip, transform)
        rc = lib.vmaf_model_collection_load_from_path(main, out, config, os.fsencode(document.path))
        del keep
        first = None if main[0] == ffi.NULL else ffi.gc(main[0], lib.vmaf_model_destroy)
        handle = None if out[0] == ffi.NULL else ffi.gc(out[0], lib.vmaf_model_collection_destroy)
        if rc or first is None or handle is None:
            raise InvalidModelError(f"{document.path}: {library} refuses the collection ({rc})")
        collection._handle, collection._main = handle, first
        for extractor, options in (overloads or {}).items():
            collection.override(extractor, options)
        return collection

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
