"""Which model: identifiers, aliases, the NEG form of any model, and a documented rule to choose one."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from vmafpy.errors import InvalidModelError, OptionError, UnknownModelError

OptionValue: TypeAlias = "bool | int | float | str"
Options: TypeAlias = Mapping[str, OptionValue]

#: The options that make a model its NEG form: enhancement may raise ADM and VIF no further than the reference.
GAIN_LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "adm": "adm_enhn_gain_limit",
        "vif": "vif_enhn_gain_limit",
        "float_adm": "adm_enhn_gain_limit",
        "float_vif": "vif_enhn_gain_limit",
    }
)


@dataclass(frozen=True, slots=True)
class Model:
    """
    A model to score with, and everything that makes its scores what they are. Made by `load_model`.

    Attributes
    ----------
    id : str
        Key of the scores in results.
    path : pathlib.Path
        The JSON file; both the embedded engine and a libvmaf load it.
    kind : str
        ``"single"``, or ``"collection"`` for bootstrap models, which also give an interval.
    features : tuple of str
        Inputs of the regression, in order, such as ``"VMAF_integer_feature_adm2_score"``.
    feature_options : tuple of mapping
        Options of each feature as the file states them, *overloads* not applied.
    clip : bool
        Clip scores to *score_range*.
    transform : bool
        Apply the file's score transform even where the file leaves it off (the phone model).
    overloads : mapping of str to mapping
        Options put over those of the file, by extractor.
    score_range : tuple of float
        Least and greatest score; infinite where nothing clips.
    sha256 : str
        Of the file.
    """

    id: str
    path: Path
    kind: Literal["single", "collection"]
    features: tuple[str, ...]
    feature_options: tuple[Options, ...]
    clip: bool = True
    transform: bool = False
    overloads: Mapping[str, Options] = field(default_factory=dict)
    score_range: tuple[float, float] = (-math.inf, math.inf)
    sha256: str = ""

    @property
    def extractors(self) -> tuple[str, ...]:
        """Extractor of each feature, as libvmaf finds it from the feature's name."""
        return tuple(_extractor(name) for name in self.features)

    def options_of(self, index: int) -> dict[str, OptionValue]:
        """Options of feature *index*, overloads applied."""
        return {**self.feature_options[index], **self.overloads.get(self.extractors[index], {})}

    @property
    def lines(self) -> int:
        """Height in lines of the pictures the model was made for."""
        return 2160 if "_4k_" in self.path.stem or self.path.stem.endswith("_2160") else 1080

    @property
    def gain_limited(self) -> bool:
        """True where the gain an enhancement may bring is limited to 1: NEG models, and v1."""
        limits = [
            float(self.options_of(i).get(GAIN_LIMITS[extractor], 100.0))
            for i, extractor in enumerate(self.extractors)
            if extractor in GAIN_LIMITS
        ]
        return bool(limits) and all(limit == 1.0 for limit in limits)

    def to_dict(self) -> dict[str, Any]:
        """Provenance, as plain JSON types."""
        return {
            "id": self.id,
            "file": self.path.name,
            "sha256": self.sha256,
            "kind": self.kind,
            "clip": self.clip,
            "transform": self.transform,
            "gain_limited": self.gain_limited,
            "overloads": {extractor: dict(options) for extractor, options in self.overloads.items()},
        }


@dataclass(frozen=True, slots=True)
class Registered:
    """One entry of the registry: what a model is for, in a line."""

    id: str
    aliases: tuple[str, ...]
    purpose: str
    file: str
    transform: bool = False


def _v1(stem: str, alias: str, purpose: str) -> tuple[Registered, Registered]:
    hfr = f"vmaf_v1.0.16_hfr_{stem}"
    hfr_alias = "v1-hfr" if alias == "v1" else alias.replace("v1-", "v1-hfr-")
    return (
        Registered(f"vmaf_v1.0.16_{stem}", (alias,), f"VMAF v1, {purpose}", f"vmaf_v1.0.16_{stem}.json"),
        Registered(hfr, (hfr_alias,), f"VMAF v1 for high frame rates, {purpose}", f"{hfr}.json"),
    )


_V1 = (
    _v1("3d0h", "v1", "1080p seen from 3 picture heights"),
    _v1("5d0h", "v1-phone", "1080p seen from 5 picture heights, as on a phone"),
    _v1("1d5h_2160", "v1-4k", "2160p seen from 1.5 picture heights"),
    _v1("3d0h_2160", "v1-4k-3h", "2160p seen from 3 picture heights; scores up to 110"),
)
_V0 = "vmaf_v0.6.1"
REGISTRY: tuple[Registered, ...] = (
    Registered(_V0, ("default",), "1080p on a television, from 3 picture heights", f"{_V0}.json"),
    Registered(f"{_V0}neg", ("neg",), "the same, enhancement gain limited: for codec comparison", f"{_V0}neg.json"),
    Registered(
        f"{_V0}_phone", ("phone",), "1080p on a phone: the default model's score, transformed", f"{_V0}.json", True
    ),
    Registered("vmaf_4k_v0.6.1", ("4k",), "2160p from 1.5 picture heights", "vmaf_4k_v0.6.1.json"),
    Registered("vmaf_4k_v0.6.1neg", ("4k-neg", "4kneg"), "the same, gain limited", "vmaf_4k_v0.6.1neg.json"),
    Registered("vmaf_float_v0.6.1", ("float",), "the default model on float features", "vmaf_float_v0.6.1.json"),
    Registered("vmaf_float_v0.6.1neg", ("float-neg",), "NEG on float features", "vmaf_float_v0.6.1neg.json"),
    Registered("vmaf_float_4k_v0.6.1", ("float-4k",), "4K on float features", "vmaf_float_4k_v0.6.1.json"),
    Registered(
        "vmaf_b_v0.6.3", ("b", "bootstrap"), "20 bootstrap models: a score with its interval", "vmaf_b_v0.6.3.json"
    ),
    Registered("vmaf_float_b_v0.6.3", ("float-b",), "the same on float features", "vmaf_float_b_v0.6.3.json"),
    *(plain for plain, _ in _V1),
    *(hfr for _, hfr in _V1),
)
_BY_NAME = {name: entry for entry in REGISTRY for name in (entry.id, *entry.aliases)}


def model_directory() -> Path:
    """
    Folder of the parameter files: inside an installed package, or beside it in a source tree.

    Raises
    ------
    UnknownModelError
        If neither exists: the installation is damaged.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "model", here.parent / "model"):
        if (folder / f"{_V0}.json").is_file():
            return folder
    raise UnknownModelError(f"the model files are missing from {here / 'model'}; install vmafpy again")


_PREFIXES = (
    ("VMAF_integer_feature_adm", "adm"),
    ("VMAF_integer_feature_aim", "adm"),
    ("VMAF_integer_feature_motion", "motion"),
    ("VMAF_integer_feature_vif", "vif"),
    ("VMAF_feature_adm", "float_adm"),
    ("VMAF_feature_aim", "float_adm"),
    ("VMAF_feature_motion", "float_motion"),
    ("VMAF_feature_vif", "float_vif"),
    ("Cambi_feature_", "cambi"),
    ("cambi", "cambi"),
    ("Speed_chroma_feature_", "speed_chroma"),
    ("Speed_temporal_feature_", "speed_temporal"),
)


def _extractor(feature: str) -> str:
    for prefix, extractor in _PREFIXES:
        if feature.startswith(prefix):
            return extractor
    return ""


def _document(path: Path) -> tuple[dict[str, Any], str]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnknownModelError(f"cannot read the model file {path}: {error.strerror}") from error
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidModelError(f"{path} is no JSON document: {error}") from error
    if not isinstance(document, dict):
        raise InvalidModelError(f"{path} holds a JSON {type(document).__name__}, not a model object")
    return document, hashlib.sha256(data).hexdigest()


def _refuse(path: Path, what: str) -> InvalidModelError:
    return InvalidModelError(f"{path} is no VMAF model: {what}")


@cache
def _read(path: Path, mtime_ns: int) -> Model:
    """Parse what the Python side needs; the engine parses, and validates, the whole document itself."""
    document, digest = _document(path)
    kind: Literal["single", "collection"] = "single"
    if "model_dict" not in document and isinstance(document.get("0"), dict):
        kind = "collection"
        if "1" not in document:
            raise _refuse(path, "a collection needs at least one member, key '1'")
        document = document["0"]
    body = document.get("model_dict")
    if not isinstance(body, dict):
        raise _refuse(path, "there is no object 'model_dict'")
    names = body.get("feature_names")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise _refuse(path, "'feature_names' is no list of names")
    unknown = [name for name in names if not _extractor(name)]
    if unknown:
        raise _refuse(path, f"no extractor provides its feature {', '.join(map(repr, unknown))}")
    options = body.get("feature_opts_dicts", [{}] * len(names))
    if not isinstance(options, list) or len(options) != len(names) or not all(isinstance(o, dict) for o in options):
        raise _refuse(path, f"'feature_opts_dicts' is no list of {len(names)} objects")
    clip = body.get("score_clip")
    score_range = (-math.inf, math.inf)
    if clip is not None:
        if not isinstance(clip, list) or len(clip) != 2 or not all(isinstance(x, (int, float)) for x in clip):
            raise _refuse(path, f"'score_clip' is {clip!r}, not [least, greatest]")
        score_range = (float(clip[0]), float(clip[1]))
    return Model(path.stem, path, kind, tuple(names), tuple(options), score_range=score_range, sha256=digest)


def _looks_like_path(text: str) -> bool:
    return text.endswith(".json") or os.sep in text or os.path.exists(text)


def load_model(
    model: str | os.PathLike[str] | Model,
    *,
    neg: bool = False,
    clip: bool | None = None,
    transform: bool | None = None,
    options: Mapping[str, Options] | None = None,
    id: str | None = None,
) -> Model:
    """
    Find a model by identifier, alias or path, and shape it.

    Parameters
    ----------
    model : str, path-like, or Model
        An identifier such as ``"vmaf_v0.6.1"``, an alias such as ``"neg"``, ``"4k"``, ``"phone"``, ``"v1"`` (see
        ``vmafpy models``), the path of a model's JSON file, or a model to reshape.
    neg : bool
        Make the NEG form: the same regression on features whose enhancement gain is limited to 1 [1]_.
    clip : bool, optional
        False leaves scores outside the model's range as they come.
    transform : bool, optional
        True applies the score transform the file carries but leaves off (the phone model of v0.6.1).
    options : mapping of str to mapping, optional
        Extractor options put over the model's own, for example
        ``{"cambi": {"enc_width": 1280, "enc_height": 720}}``.
    id : str, optional
        Key of the scores in results; otherwise made from the model and what changes its scores.

    Raises
    ------
    UnknownModelError
        If the name is unknown and no file lies at the path.
    InvalidModelError
        If the file is no VMAF model, or a NEG form is asked of a model that limits the gain already or has no
        feature with a gain limit.
    OptionError
        If *options* names an extractor the model does not use.

    References
    ----------
    .. [1] Z. Li, "Toward a better quality metric for the video community", Netflix Technology Blog, 2020.
    """
    if isinstance(model, Model):
        found = model
    else:
        name = os.fspath(model)
        entry = _BY_NAME.get(name)
        path = model_directory() / entry.file if entry else Path(name)
        if entry is None and not _looks_like_path(name):
            known = ", ".join(alias for item in REGISTRY for alias in (item.id, *item.aliases))
            raise UnknownModelError(
                f"there is no model {name!r}. Known: {known}; or give the path of a model's JSON file"
            )
        try:
            mtime = path.stat().st_mtime_ns
        except OSError as error:
            raise UnknownModelError(f"cannot read the model file {path}: {error.strerror}") from error
        found = _read(path, mtime)
        if entry is not None:
            found = replace(found, id=entry.id, transform=entry.transform)
    suffix = ""
    overloads = {extractor: dict(o) for extractor, o in found.overloads.items()}
    if neg:
        overloads, suffix = _neg(found, overloads)
    for extractor, extra in (options or {}).items():
        if extractor not in found.extractors:
            used = ", ".join(dict.fromkeys(found.extractors))
            raise OptionError(f"model {found.id} uses {used}; it has no feature of {extractor!r} to give options to")
        overloads.setdefault(extractor, {}).update(extra)
    if options:
        text = json.dumps({e: dict(o) for e, o in sorted(options.items())}, sort_keys=True)
        suffix += "_" + hashlib.sha256(text.encode()).hexdigest()[:8]
    if clip is not None and clip != found.clip:
        suffix += "" if clip else "_noclip"
        found = replace(found, clip=clip)
    if transform is not None and transform != found.transform:
        suffix += "_transform" if transform else "_notransform"
        found = replace(found, transform=transform)
    return replace(found, id=id or found.id + suffix, overloads=overloads)


def _neg(model: Model, overloads: dict[str, dict[str, OptionValue]]) -> tuple[dict[str, dict[str, OptionValue]], str]:
    limited = [extractor for extractor in dict.fromkeys(model.extractors) if extractor in GAIN_LIMITS]
    if not limited:
        used = ", ".join(dict.fromkeys(model.extractors))
        raise InvalidModelError(f"model {model.id} has no NEG form: none of its features ({used}) has a gain limit")
    if model.gain_limited:
        raise InvalidModelError(f"model {model.id} limits the enhancement gain already; it is its own NEG form")
    for extractor in limited:
        overloads.setdefault(extractor, {})[GAIN_LIMITS[extractor]] = 1.0
    return overloads, "neg"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """
    The model the rule picks, and why.

    Attributes
    ----------
    id : str
        To be given to `load_model` or `vmafpy.score`.
    reason : str
        The rule, in a sentence.
    bit_depth : int or None
        Depth to score at where the model wants another than the input's (v1: 10).
    """

    id: str
    reason: str
    bit_depth: int | None = None

    def __str__(self) -> str:
        return self.id


_FOUR_K_LINES = 1620  # halfway between 1080 and 2160: the nearer model's viewing geometry decides


def choose_model(
    width: int,
    height: int,
    *,
    purpose: Literal["quality", "codec"] = "quality",
    device: Literal["tv", "phone"] = "tv",
    generation: Literal[0, 1] = 0,
    fps: float | None = None,
    bit_depth: int | None = None,
) -> ModelChoice:
    """
    Choose a model by a fixed rule.

    Parameters
    ----------
    width, height : int
        Luma samples of the picture as it is shown; the shorter side counts as its height.
    purpose : {"quality", "codec"}
        ``"codec"``: encoders, or filters before them, are compared; enhancement must not count as quality, so the
        gain is limited (NEG). ``"quality"``: what viewers see is monitored, enhancement included.
    device : {"tv", "phone"}
        How the picture is seen.
    generation : {0, 1}
        0 for the v0.6.1 family, whose scores compare with a decade of published ones; 1 for v1.0.16, which adds
        banding and chroma, and always limits the gain.
    fps : float, optional
        Frames per second; 45 and above choose the high-frame-rate models of generation 1.
    bit_depth : int, optional
        Of the input; generation 1 is meant for 10 bits.

    Raises
    ------
    OptionError
        If an argument is none of the words above, or the size is not positive.
    """
    if width < 1 or height < 1:
        raise OptionError(f"a picture of {width}x{height} samples does not exist")
    for name, value, known in (
        ("purpose", purpose, ("quality", "codec")),
        ("device", device, ("tv", "phone")),
        ("generation", generation, (0, 1)),
    ):
        if value not in known:
            raise OptionError(f"{name} is {value!r}; it is one of {', '.join(map(repr, known))}")
    lines = min(width, height)
    large = lines >= _FOUR_K_LINES
    size = f"{lines} lines are nearer to {'2160' if large else '1080'}"
    if generation == 1:
        hfr = fps is not None and fps >= 45
        alias = "v1-hfr" if hfr else "v1"
        if device == "phone":
            alias += "-phone"
        elif large:
            alias += "-4k"
        why = f"{size}, seen on a {device}; v1 always limits the enhancement gain"
        if hfr:
            why += f"; {fps:g} frames/s take the high-frame-rate form"
        depth = 10 if bit_depth is not None and bit_depth < 10 else None
        if depth:
            why += f"; v1 is meant for 10 bits, so promote the {bit_depth}-bit input (bit_depth=10)"
        return ModelChoice(_BY_NAME[alias].id, why, depth)
    if device == "phone":
        if purpose == "codec":
            return ModelChoice(
                f"{_V0}neg", "codecs are compared by NEG; a phone transform would not change their order"
            )
        return ModelChoice(f"{_V0}_phone", "seen on a phone: the default model with the phone transform")
    neg = "neg" if purpose == "codec" else ""
    why = "codecs are compared by NEG, which does not reward enhancement" if neg else "quality as seen is monitored"
    return ModelChoice(f"vmaf_4k_v0.6.1{neg}" if large else f"{_V0}{neg}", f"{size}; {why}")


def aliases_of(ids: Iterable[str]) -> dict[str, str]:
    """Return the aliases of the registered ones among these identifiers, each with what it stands for."""
    known = set(ids)
    return {alias: entry.id for entry in REGISTRY if entry.id in known for alias in entry.aliases}


_SAFE = re.compile(r"[^0-9A-Za-z_.+-]")


def score_key(model: Model) -> str:
    """Name under which a context stores the model's score: its id in characters any log format takes."""
    return _SAFE.sub("_", model.id)
