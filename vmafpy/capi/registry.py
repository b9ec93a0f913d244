"""What a context is asked to compute: extractors, models, imported scores, and the names of all their scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from vmafpy.capi.features import Extractor, OptionValue, ScoreName, find_extractor
from vmafpy.capi.guards import NAME_LIMIT, embedded_fault, option_fault, picture_fault
from vmafpy.capi.library import Generation, Library, names_of
from vmafpy.capi.model import Model, ModelCollection
from vmafpy.capi.picture import Picture, PixelFormat, tail_of
from vmafpy.errors import OptionError, SequenceError, UnsupportedFormatError

AnyModel: TypeAlias = Model | ModelCollection


@dataclass(frozen=True, slots=True)
class Entry:
    """An extractor with its options, as the library will run it."""

    extractor: Extractor
    texts: Mapping[str, str]
    names: tuple[ScoreName, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Equal for entries that would store their scores under the same names."""
        return self.extractor.name, self.extractor.suffix(self.texts)

    @property
    def options(self) -> str:
        """The options in words."""
        return ", ".join(f"{name}={text}" for name, text in self.texts.items()) or "default options"

    def computes_like(self, other: Entry) -> bool:
        """Tell whether the options mean the same."""
        return self._effective() == other._effective()

    def _effective(self) -> dict[str, str]:
        return {name: text for name, text in self.texts.items() if not self.extractor.options[name].is_default(text)}


class Registry:
    """
    Everything registered with one context. Entries are planned first, then noted once the library agreed.

    Attributes
    ----------
    entries : dict of Entry
        By key, in order of registration.
    models : dict of Model and ModelCollection
        By name.
    imported : dict
        Names of imported scores, in order; the values mean nothing.
    stored : dict of str to str
        Stored name by printed name.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.entries: dict[tuple[str, str], Entry] = {}
        self.models: dict[str, AnyModel] = {}
        self.imported: dict[str, None] = {}
        self.stored: dict[str, str] = {}

    def plan_feature(self, name: str, options: Mapping[str, OptionValue]) -> Entry:
        """
        Check an extractor and its options.

        Returns the entry to register, or the one that already computes the same.

        Raises
        ------
        UnknownFeatureError, OptionError
            As :meth:`Context.use_feature` says.
        """
        extractor = find_extractor(self.library.features(), name, str(self.library))
        texts = extractor.texts(options)
        fault = "" if self.library.is_embedded else option_fault(name, texts)
        if fault:
            raise OptionError(f"extractor {name}: {fault}")
        entry = Entry(extractor, texts, tuple(names_of(self.library, extractor, texts)))
        known = self.entries.get(entry.key)
        if known is None:
            self.check_count(score.stored for score in entry.names)
            return entry
        if not known.computes_like(entry):
            raise OptionError(
                f"extractor {name} already runs with {known.options}, which stores its scores under the same names as "
                f"{entry.options}; register a feature before the models that use it, and once"
            )
        return known

    def plan_model(self, model: AnyModel) -> list[Entry]:
        """
        Check a model, and return the entries it adds.

        Raises
        ------
        UnknownFeatureError, OptionError, SequenceError
            As :meth:`Context.use_model` says.
        """
        if model.library is not self.library:
            raise OptionError(f"model {model.name} was loaded into {model.library}, not into {self.library}")
        names = set(model.score_names())
        clash = sorted(names & self.names())
        if clash:
            raise SequenceError(f"the context already has scores named {clash[0]}; load the model with another name")
        added: dict[tuple[str, str], Entry] = {}
        for extractor, output, texts in model.inputs():
            entry = Entry(extractor, texts, tuple(names_of(self.library, extractor, texts)))
            running = self.entries.get(entry.key) or added.setdefault(entry.key, entry)
            if output.name not in {score.output for score in running.names}:
                raise OptionError(f"model {model.name} needs {output.name}, which {running.options} switches off")
        self.check_count([*names, *(score.stored for entry in added.values() for score in entry.names)])
        return list(added.values())

    def note(self, entries: Iterable[Entry]) -> None:
        """Remember entries the library has taken."""
        for entry in entries:
            self.entries[entry.key] = entry
            self.stored.update({score.printed: score.stored for score in entry.names})

    def note_model(self, model: AnyModel, entries: Iterable[Entry]) -> None:
        """Remember a model the library has taken."""
        self.note(entries)
        self.models[model.name] = model

    def names(self) -> set[str]:
        """Return every stored name there can be."""
        found = {score.stored for entry in self.entries.values() for score in entry.names}
        found.update(name for model in self.models.values() for name in model.score_names())
        return found.union(self.imported)

    def printed_names(self) -> list[str]:
        """Return every printed name there can be, in order of registration."""
        models = (name for model in self.models.values() for name in model.score_names())
        return list(dict.fromkeys([*self.stored, *models, *self.imported]))

    def check_count(self, new: Iterable[str]) -> None:
        """
        Keep a libvmaf from writing past the end of its table of names.

        Raises
        ------
        OptionError
            If there would be too many.
        """
        names = self.names().union(new)
        if len(names) > NAME_LIMIT and not self.library.is_embedded:
            raise OptionError(
                f"{len(names)} different scores in one context, and {self.library} writes past the end of a table "
                f"after {NAME_LIMIT}; use several contexts, or the embedded engine"
            )

    def check_form(self, picture: Picture) -> None:
        """
        Refuse pictures for which a registered feature is not defined.

        Raises
        ------
        PictureSizeError, UnsupportedFormatError
            Naming the feature.
        """
        for entry in self.entries.values():
            name = entry.extractor.name
            if self.library.is_embedded:
                fault = embedded_fault(self.library, name, entry.texts, picture)
            else:
                fault = picture_fault(
                    name,
                    entry.texts,
                    self.library.generation,
                    chroma=picture.chroma_size,
                    bpc=picture.bpc,
                    width=picture.width,
                    height=picture.height,
                )
            if fault is not None:
                raise fault
        if self.drops_twice(picture) and self.library.sharing_fault:
            raise UnsupportedFormatError(
                f"ciede of {self.library} frees 4:4:4 pictures twice, and {self.library.sharing_fault}, so it cannot "
                "be kept from it; use the embedded engine"
            )

    def drops_twice(self, picture: Picture) -> bool:
        """Tell whether the library lets go of a picture once too often: ciede of 4:4:4, when it is closed."""
        return (
            not self.library.is_embedded
            and picture.pix_fmt is PixelFormat.YUV444P
            and any(name == "ciede" for name, _ in self.entries)
        )

    def must_copy(self, picture: Picture) -> str:
        """Return why a picture has to be copied for this library and these features; empty if it need not."""
        if self.library.sharing_fault:
            return self.library.sharing_fault
        if picture.must_copy or self.library.is_embedded:
            return picture.must_copy
        running = {name for name, _ in self.entries}
        odd = picture.width % 2 or picture.height % 2
        if "ciede" in running and (
            picture.pix_fmt is PixelFormat.YUV422P or (picture.pix_fmt is PixelFormat.YUV420P and odd)
        ):
            return "ciede reads past the chroma rows"
        over_reads = self.library.generation <= Generation.V3_0 and picture.bpc == 8 and picture.width % 16 == 8
        if "adm" in running and over_reads and tail_of(picture.planes[0]) < 8:
            return "adm reads eight bytes past the last row"
        return ""
