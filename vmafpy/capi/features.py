"""What a library can measure: its extractors, their options, and the names of their scores."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from vmafpy.capi._cdata import FFI, Lib
from vmafpy.errors import OptionError, UnknownFeatureError

OptionValue: TypeAlias = bool | int | float | str

# Outputs that only some option switches on; everything else is always there.
_DEBUG_OUTPUT = re.compile(r"_(num|den)(_scale\d)?$|^(integer_)?(vif|adm)$|_feature_motion_score$")
_SWITCHED = (
    ("debug", _DEBUG_OUTPUT),
    ("enable_chroma", re.compile(r"^(psnr|mse|apsnr)_c[br]$")),
    ("enable_mse", re.compile(r"^mse_")),
    ("enable_lcs", re.compile(r"^float_(ms_)?ssim_[lcs](_scale\d)?$")),
    ("full_ref", re.compile(r"^cambi_(source|full_reference)$")),
)
_BARE = re.compile(r"^cambi_(source|full_reference)$")  # take no suffix of options
_ALIAS = re.compile(r"^(?:VMAF_(integer_)?feature|(?:Cambi|Speed_chroma|Speed_temporal)_feature)_(.+)_score$")


@dataclass(frozen=True, slots=True)
class Option:
    """
    One option of an extractor.

    Attributes
    ----------
    name : str
        As given to :meth:`Context.use_feature`.
    tag : str or None
        Short name inside score names; None: never part of a score name.
    type : str
        ``"bool"``, ``"int"``, ``"double"`` or ``"string"``.
    default : str
        As text.
    minimum, maximum : float
        Accepted range of int and double, both ends included.
    allowed : tuple of str
        Accepted values of a string option; empty: any.
    """

    name: str
    tag: str | None
    type: str
    default: str
    minimum: float = 0.0
    maximum: float = 0.0
    allowed: tuple[str, ...] = ()

    def text(self, value: OptionValue) -> str:
        """
        The value as the C API stores it.

        Raises
        ------
        OptionError
            If the type is wrong, the value out of range or NaN, or a number has more than the six significant
            digits of a float32 which the C API keeps.
        """
        given = f"option {self.name}={value!r}"
        if self.type == "bool":
            if value in (True, "true"):
                return "true"
            if value in (False, "false"):
                return "false"
            raise OptionError(f"{given}: has to be True or False")
        if self.type == "string":
            if not isinstance(value, str) or not value or "\0" in value:
                raise OptionError(f"{given}: has to be a non-empty text without NUL")
            if self.allowed and value not in self.allowed:
                raise OptionError(f"{given}: has to be one of {', '.join(self.allowed)}")
            return value
        if isinstance(value, bool):
            raise OptionError(f"{given}: has to be a number")
        try:
            number = float(value)
        except ValueError:
            raise OptionError(f"{given}: has to be a number") from None
        if math.isinf(number):
            raise OptionError(f"{given}: has to be a finite number")
        if self.type == "int" and not number.is_integer():
            raise OptionError(f"{given}: has to be a whole number")
        if not self.minimum <= number <= self.maximum:  # refuses NaN as well
            raise OptionError(f"{given}: has to be from {self.minimum:g} to {self.maximum:g}")
        kept = normalised(number)
        if float(kept) != number:
            raise OptionError(f"{given}: the C API keeps six significant digits; give {kept}, which it would use")
        return kept

    def is_default(self, text: str) -> bool:
        """Tell whether a text made by :meth:`text` says the default."""
        if self.type in ("int", "double"):
            return float(text) == float(self.default)
        return text == self.default

    def suffix(self, text: str) -> str:
        """Return what the option adds to a score name; empty for a default or an option without tag."""
        if self.tag is None or self.is_default(text):
            return ""
        if self.type == "bool":
            return f"_{self.tag}"
        value = str(int(float(text))) if self.type == "int" else text
        return f"_{self.tag}_{float(text):g}" if self.type == "double" else f"_{self.tag}_{value}"


@dataclass(frozen=True, slots=True)
class Output:
    """
    One score of an extractor.

    Attributes
    ----------
    name : str
        As models and the C API name it while all options are default.
    alias : str
        As reports print it.
    """

    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class Extractor:
    """One feature extractor: options and outputs by name."""

    name: str
    options: Mapping[str, Option]
    outputs: tuple[Output, ...]

    def texts(self, options: Mapping[str, OptionValue]) -> dict[str, str]:
        """
        Options as the C API stores them, by name.

        Raises
        ------
        OptionError
            For a name this extractor does not have, or a value it does not take.
        """
        for name in options:
            if name not in self.options:
                known = ", ".join(sorted(self.options)) or "none"
                raise OptionError(f"extractor {self.name} has no option {name!r} in this library; it has: {known}")
        return {name: self.options[name].text(value) for name, value in sorted(options.items())}

    def suffix(self, texts: Mapping[str, str]) -> str:
        """Return what these options add to the names of scores."""
        return "".join(self.options[name].suffix(texts[name]) for name in sorted(texts))

    def active(self, texts: Mapping[str, str]) -> tuple[Output, ...]:
        """Outputs these options switch on."""

        def off(output: Output) -> bool:
            return any(
                pattern.search(output.name) and texts.get(switch, self.options[switch].default) == "false"
                for switch, pattern in _SWITCHED
                if switch in self.options
            )

        return tuple(output for output in self.outputs if not off(output))


@dataclass(frozen=True, slots=True)
class ScoreName:
    """
    The names of one score.

    Attributes
    ----------
    output : str
        As models name it, without options.
    stored : str
        Under which a context stores it; what :meth:`Context.feature_score` takes.
    printed : str
        As libvmaf's reports print it.
    """

    output: str
    stored: str
    printed: str


def normalised(number: float) -> str:
    """Return a number as the C API keeps it: rounded to float32, then to six significant digits."""
    try:
        single: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return "inf" if number > 0 else "-inf"
    return f"{single:g}"


def names_of_output(extractor: Extractor, output: Output, texts: Mapping[str, str]) -> str:
    """
    Return the name under which a score is stored with these options: libvmaf's rule.

    Unaliased while all options that are part of names are default; else the alias and, in the order of the full
    option names, their tags and values.
    """
    suffix = "" if _BARE.match(output.name) else extractor.suffix(texts)
    return (output.alias + suffix if suffix else output.name)[:255]


def find_extractor(extractors: Mapping[str, Extractor], name: str, library: str) -> Extractor:
    """
    Return one extractor by name.

    Raises
    ------
    UnknownFeatureError
        If *library* does not have it.
    """
    try:
        return extractors[name]
    except KeyError:
        known = ", ".join(extractors) or "none"
        raise UnknownFeatureError(f"{library} has no feature extractor {name!r}; it has: {known}") from None


def extractor_of_output(extractors: Mapping[str, Extractor], output: str) -> tuple[Extractor, Output] | None:
    """Return the first extractor, in search order, that gives a score of this name."""
    for extractor in extractors.values():
        for candidate in extractor.outputs:
            if candidate.name == output:
                return extractor, candidate
    return None


def read_inventory(ffi: FFI, lib: Lib) -> Mapping[str, Extractor]:
    """Read the extractors the embedded engine has, in search order."""

    def text(pointer: object) -> str:
        return str(ffi.string(pointer).decode())

    found: dict[str, Extractor] = {}
    option, output = ffi.new("VmafpyOption *"), ffi.new("VmafpyOutput *")
    i = 0
    while (name := lib.vmafpy_extractor_name(i)) != ffi.NULL:
        options: dict[str, Option] = {}
        while lib.vmafpy_extractor_option(i, len(options), option) == 0:
            tag = None if option.tag == ffi.NULL else text(option.tag)
            default = _default_text(text(option.type), option.default_value, text(option.default_string))
            made = Option(text(option.name), tag, text(option.type), default, option.min, option.max)
            options[made.name] = made
        outputs: list[Output] = []
        while lib.vmafpy_extractor_output(i, len(outputs), output) == 0:
            outputs.append(Output(text(output.name), text(output.alias)))
        found[text(name)] = Extractor(text(name), MappingProxyType(options), tuple(outputs))
        i += 1
    return MappingProxyType(found)


def _default_text(kind: str, number: float, string: str) -> str:
    if kind == "string":
        return string
    if kind == "bool":
        return "true" if number else "false"
    return f"{number:g}"


def alias_of(name: str) -> str:
    """Return the printed name of a score with default options: libvmaf's table, which follows a pattern."""
    match = _ALIAS.match(name)
    if not match or match[2] == "motion_sad":
        return name
    return f"{match[1] or ''}{match[2]}"


def _bool(name: str, tag: str | None = None, default: str = "false") -> Option:
    return Option(name, tag, "bool", default)


def _double(name: str, tag: str | None, default: float, minimum: float, maximum: float) -> Option:
    return Option(name, tag, "double", f"{default:g}", minimum, maximum)


def _int(name: str, tag: str | None, default: int, minimum: int, maximum: int) -> Option:
    return Option(name, tag, "int", str(default), minimum, maximum)


def _extractor(name: str, options: tuple[Option, ...], outputs: tuple[str, ...]) -> Extractor:
    return Extractor(
        name,
        MappingProxyType({option.name: option for option in options}),
        tuple(Output(output, alias_of(output)) for output in outputs),
    )


def _debug_outputs(stem: str) -> tuple[str, ...]:
    per_scale = tuple(f"{stem}_{part}_scale{k}" for k in range(4) for part in ("num", "den"))
    return (stem, f"{stem}_num", f"{stem}_den", *per_scale)


_DEBUG = _bool("debug")
_DB = (_bool("enable_lcs"), _bool("enable_db"), _bool("clip_db"))
_NVD = _double("adm_norm_view_dist", "nvd", 3.0, 0.75, 24.0)
_ADM_EGL = _double("adm_enhn_gain_limit", "egl", 100.0, 1.0, 100.0)
_VIF_EGL = _double("vif_enhn_gain_limit", "egl", 100.0, 1.0, 100.0)
_MOTION = (_bool("debug", None, "true"), _bool("motion_force_zero", "force_0"))
_DBL_MAX = 1.7976931348623157e308

#: The extractors of libvmaf 2.3.1 to 3.1, in search order.
LEGACY: Mapping[str, Extractor] = MappingProxyType(
    {
        extractor.name: extractor
        for extractor in (
            _extractor("float_psnr", (), ("float_psnr",)),
            _extractor("float_ansnr", (), ("float_ansnr", "float_anpsnr")),
            _extractor(
                "float_adm",
                (
                    _DEBUG,
                    _ADM_EGL,
                    _NVD,
                    _int("adm_ref_display_height", "rdf", 1080, 1, 4320),
                    _int("adm_csf_mode", "csf", 0, 0, 9),
                ),
                (
                    "VMAF_feature_adm2_score",
                    *(f"VMAF_feature_adm_scale{k}_score" for k in range(4)),
                    *_debug_outputs("adm"),
                ),
            ),
            _extractor(
                "float_vif",
                (_DEBUG, _VIF_EGL, _double("vif_kernelscale", "vif_kernelscale", 1.0, 0.1, 4.0)),
                (*(f"VMAF_feature_vif_scale{k}_score" for k in range(4)), *_debug_outputs("vif")),
            ),
            _extractor("float_motion", _MOTION, ("VMAF_feature_motion_score", "VMAF_feature_motion2_score")),
            _extractor(
                "float_moment",
                (),
                ("float_moment_ref1st", "float_moment_dis1st", "float_moment_ref2nd", "float_moment_dis2nd"),
            ),
            _extractor(
                "float_ms_ssim",
                _DB,
                ("float_ms_ssim", *(f"float_ms_ssim_{part}_scale{k}" for k in range(5) for part in "lcs")),
            ),
            _extractor("float_ssim", _DB, ("float_ssim", *(f"float_ssim_{part}" for part in "lcs"))),
            _extractor("ciede", (), ("ciede2000",)),
            _extractor(
                "psnr",
                (
                    _bool("enable_chroma", None, "true"),
                    _bool("enable_mse"),
                    _bool("enable_apsnr"),
                    _bool("reduced_hbd_peak"),
                    _double("min_sse", None, 0.0, 0.0, _DBL_MAX),
                ),
                tuple(f"{stem}_{plane}" for stem in ("psnr", "mse") for plane in ("y", "cb", "cr")),
            ),
            _extractor("psnr_hvs", (), ("psnr_hvs_y", "psnr_hvs_cb", "psnr_hvs_cr", "psnr_hvs")),
            _extractor(
                "adm",
                (_DEBUG, _ADM_EGL, _NVD, _int("adm_ref_display_height", "rdh", 1080, 1, 4320)),
                (
                    "VMAF_integer_feature_adm2_score",
                    *(f"integer_adm_scale{k}" for k in range(4)),
                    *_debug_outputs("integer_adm"),
                ),
            ),
            _extractor(
                "motion",
                _MOTION,
                ("VMAF_integer_feature_motion_score", "VMAF_integer_feature_motion2_score"),
            ),
            _extractor(
                "vif",
                (_DEBUG, _VIF_EGL),
                (
                    *(f"VMAF_integer_feature_vif_scale{k}_score" for k in range(4)),
                    *_debug_outputs("integer_vif"),
                ),
            ),
            _extractor(
                "cambi",
                (
                    _int("enc_width", None, 0, 180, 7680),
                    _int("enc_height", None, 0, 180, 7680),
                    _int("enc_bitdepth", None, 0, 6, 16),
                    _int("src_width", None, 0, 320, 7680),
                    _int("src_height", None, 0, 200, 4320),
                    _int("window_size", None, 65, 15, 127),
                    _double("topk", None, 0.6, 0.0001, 1.0),
                    _double("tvi_threshold", None, 0.019, 0.0001, 1.0),
                    _int("max_log_contrast", None, 2, 0, 5),
                    Option("heatmaps_path", None, "string", ""),
                    _bool("full_ref"),
                    Option("eotf", None, "string", "bt1886", allowed=("bt1886", "pq")),
                ),
                ("cambi", "cambi_source", "cambi_full_reference"),
            ),
        )
    }
)
