"""A model file read for what it asks of a library, and refused where a library could stumble over it."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vmafpy.errors import InvalidModelError, UnknownModelError

MAX_FEATURES = 64
MAX_KNOTS = 10
MAX_BYTES = 64 << 20
_COLLECTION_TYPES = ("BOOTSTRAP_LIBSVMNUSVR", "RESIDUEBOOTSTRAP_LIBSVMNUSVR")
_TYPES = ("LIBSVMNUSVR", *_COLLECTION_TYPES)


@dataclass(frozen=True, slots=True)
class ModelFeature:
    """
    One input of a model.

    Attributes
    ----------
    name : str
        As the file has it, such as ``VMAF_integer_feature_adm2_score``.
    options : mapping
        Options of its extractor.
    """

    name: str
    options: Mapping[str, bool | int | float | str]


@dataclass(frozen=True, slots=True)
class ModelDocument:
    """
    What a model file asks for.

    Attributes
    ----------
    path : pathlib.Path
    features : tuple of ModelFeature
        In the order of the regression's inputs; those of the main model in a collection.
    n_members : int
        Bootstrap members of a collection besides the main model; 0 for a single model.
    """

    path: Path
    features: tuple[ModelFeature, ...]
    n_members: int


def read_document(path: str | os.PathLike[str]) -> ModelDocument:
    """
    Read and check a model file.

    Raises
    ------
    UnknownModelError
        If there is no such file.
    InvalidModelError
        If it is no model, or one whose parts contradict one another.
    """
    where = Path(path)
    try:
        if where.stat().st_size > MAX_BYTES:
            raise InvalidModelError(f"{where}: larger than {MAX_BYTES >> 20} MiB, no model")
        text = where.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnknownModelError(f"{where}: no such model file") from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InvalidModelError(f"{where}: cannot be read as UTF-8 text: {error}") from error
    try:
        return _document(where, json.loads(text, object_pairs_hook=_unique))
    except _Fault as fault:
        raise InvalidModelError(f"{where}: {fault}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidModelError(f"{where}: no JSON: {error}") from error


class _Fault(Exception):
    """What is wrong with a document."""


def _document(where: Path, document: Any) -> ModelDocument:
    if not isinstance(document, dict):
        raise _Fault("has to be a JSON object")
    if "model_dict" in document:
        return ModelDocument(where, _single(document), 0)
    members = [document[str(i)] for i in range(len(document)) if str(i) in document]
    if not members or list(document)[: len(members)] != [str(i) for i in range(len(members))]:
        raise _Fault("has neither model_dict nor numbered models 0, 1, ...")
    if len(members) == 1:
        raise _Fault("a collection of one model: members are missing")
    features = [_single(member) for member in members]
    if any(feature != features[0] for feature in features):
        raise _Fault("the models of a collection have to use the same features with the same options")
    kinds = {member["model_dict"]["model_type"] for member in members}
    if len(kinds) != 1 or kinds.pop() not in _COLLECTION_TYPES:
        raise _Fault(f"the models of a collection have to be all of one type of {', '.join(_COLLECTION_TYPES)}")
    return ModelDocument(where, features[0], len(members) - 1)


def _single(document: Any) -> tuple[ModelFeature, ...]:
    model = document.get("model_dict") if isinstance(document, dict) else None
    if not isinstance(model, dict):
        raise _Fault("model_dict has to be an object")
    if model.get("model_type") not in _TYPES:
        raise _Fault(f"model_type is {model.get('model_type')!r}, has to be one of {', '.join(_TYPES)}")
    names = model.get("feature_names")
    if not isinstance(names, list) or not names or not all(_plain_text(name) for name in names):
        raise _Fault("feature_names has to be a list of names")
    if len(names) > MAX_FEATURES:
        raise _Fault(f"{len(names)} features, at most {MAX_FEATURES} are allowed")
    _check_scaling(model, len(names))
    _check_options(model.get("feature_opts_dicts", [{}] * len(names)), len(names))
    if "score_clip" in model and not _numbers(model["score_clip"], 2):
        raise _Fault("score_clip has to be two numbers")
    _check_transform(model.get("score_transform"))
    if not isinstance(model.get("model"), str):
        raise _Fault("model has to be the text of a support vector machine")
    _check_svm(model["model"], len(names))
    options = model.get("feature_opts_dicts", [{}] * len(names))
    return tuple(ModelFeature(name, MappingProxyType(dict(given))) for name, given in zip(names, options, strict=True))


def _plain_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) < 200 and value.isascii() and value.isprintable()


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _numbers(value: object, n: int) -> bool:
    return isinstance(value, list) and len(value) == n and all(map(_number, value))


def _check_scaling(model: Mapping[str, Any], n: int) -> None:
    kind = model.get("norm_type")
    if kind not in ("linear_rescale", "none"):
        raise _Fault(f"norm_type is {kind!r}, has to be linear_rescale or none")
    for key in ("slopes", "intercepts"):
        if kind == "linear_rescale" and not _numbers(model.get(key), n + 1):
            raise _Fault(f"{key} has to be {n + 1} finite numbers: one of the score, then one per feature")
    if kind == "linear_rescale" and 0 in model["slopes"][:1]:
        raise _Fault("the slope of the score is 0")


def _check_options(options: object, n: int) -> None:
    if not isinstance(options, list) or len(options) != n:
        raise _Fault(f"feature_opts_dicts has to have one object per feature, {n}")
    for given in options:
        if not isinstance(given, dict):
            raise _Fault("feature_opts_dicts has to be a list of objects")
        for key, value in given.items():
            if not _plain_text(key):
                raise _Fault(f"{key!r} is no option name")
            if not (isinstance(value, bool) or _number(value) or _plain_text(value)):
                raise _Fault(f"option {key} has to be a finite number, a boolean or a short text, not {value!r}")


def _check_transform(transform: object) -> None:
    if transform is None:
        return
    if not isinstance(transform, dict):
        raise _Fault("score_transform has to be an object")
    if not isinstance(transform.get("enabled", False), bool):
        raise _Fault("score_transform.enabled has to be true or false")
    for key in ("p0", "p1", "p2"):
        if key in transform and not _number(transform[key]):
            raise _Fault(f"score_transform.{key} has to be a finite number; leave it out instead of null")
    for key in ("out_lte_in", "out_gte_in"):
        if key in transform and not isinstance(transform[key], str):
            raise _Fault(f'score_transform.{key} has to be the text "true" or "false"')
    if "knots" in transform:
        knots = transform["knots"]
        if not isinstance(knots, list) or len(knots) > MAX_KNOTS or not all(_numbers(k, 2) for k in knots):
            raise _Fault(f"score_transform.knots has to be at most {MAX_KNOTS} pairs of numbers")
        if any(b[0] <= a[0] or b[1] < a[1] for a, b in pairwise(knots)):
            raise _Fault("score_transform.knots have to ascend")


_SVM_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"svm_type": ("nu_svr",), "kernel_type": ("rbf", "linear", "polynomial", "sigmoid")}
)
# How many numbers follow each word of the header.
_SVM_COUNTS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("degree", "gamma", "coef0", "nr_class", "total_sv", "rho", "probA", "probB"), 1),
        **dict.fromkeys(("label", "nr_sv"), 2),
    }
)
_SVM_NEEDED = ("svm_type", "kernel_type", "nr_class", "total_sv", "rho")


def _check_svm(text: str, n: int) -> None:
    """Refuse a support vector machine that a reader in C could read past, or read otherwise than is checked here."""
    if not text.isascii() or not text.replace("\n", "").isprintable():
        raise _Fault("the text of the support vector machine has other characters than printable ASCII")
    head, mark, body = text.partition("\nSV\n")
    if not mark:
        raise _Fault("the support vector machine has no line SV")
    header: dict[str, list[str]] = {}
    for line in head.split("\n"):
        word, *values = line.split() or [""]
        if word in header:
            raise _Fault(f"the support vector machine has {word} twice")
        header[word] = values
        if word in _SVM_CHOICES:
            if len(values) != 1 or values[0] not in _SVM_CHOICES[word]:
                raise _Fault(f"the support vector machine has {line!r}")
        elif word not in _SVM_COUNTS or len(values) != _SVM_COUNTS[word] or not all(map(_finite, values)):
            raise _Fault(f"the support vector machine has an unusable line {line!r}")
        elif word == "rho" and header.get("nr_class") != ["2"]:
            raise _Fault("a regression has nr_class 2, before rho")
    needed = [word for word in _SVM_NEEDED if word not in header]
    if needed:
        raise _Fault(f"the support vector machine has no {needed[0]}")
    lines = body.removesuffix("\n").split("\n")
    if header["total_sv"] != [str(len(lines))]:
        raise _Fault(f"total_sv is {header['total_sv'][0]}, but there are {len(lines)} support vectors")
    for line in lines:
        coefficient, *pairs = line.split() or [""]
        last = 0
        if not _finite(coefficient):
            raise _Fault(f"a support vector has no coefficient: {line[:40]!r}")
        for pair in pairs:
            index, colon, value = pair.partition(":")
            if not (colon and index.isdecimal() and last < int(index[:9]) <= n and _finite(value)):
                raise _Fault(f"a support vector has {pair!r}; indices ascend from 1 to {n}")
            last = int(index[:9])


def _finite(text: str) -> bool:
    try:
        return "_" not in text and math.isfinite(float(text))
    except ValueError:
        return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; a reader that goes through the text once would take both of two equal keys."""
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Fault(f"the key {next(key for key in keys if keys.count(key) > 1)!r} occurs twice in one object")
    return made
