"""What can go wrong, by name. Every error of this package is a :class:`VmafError`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmafpy.results import ScoreResult


class VmafError(Exception):
    """
    Base of every error this package raises on purpose.

    Attributes
    ----------
    partial : ScoreResult or None
        The scores computed before the error, where there are any.
    partials : list of ScoreResult or None
        Where several distorted videos were scored: the scores of each, in their order; None for one not begun.
    failures : dict of int to VmafError, or None
        Of several distorted videos, those that failed by their place, with their errors, of which this is the first;
        the others were scored to their end. None where the failure was not that of one video.
    """

    partial: ScoreResult | None = None
    partials: list[ScoreResult | None] | None = None
    failures: dict[int, VmafError] | None = None


class VmafWarning(UserWarning):
    """Base of every warning: the number is right, but perhaps not what was meant."""


class SizeWarning(VmafWarning):
    """The pictures are much smaller than those the model was made for."""


class LibraryNotFoundError(VmafError, OSError):
    """No usable libvmaf at the place asked for; the text lists where it was looked for."""


class EngineError(VmafError, RuntimeError):
    """A call of the C API failed; the text names the call, its arguments and the error code."""


class ClosedError(VmafError, RuntimeError):
    """A context, picture, model or scorer was used after it was closed."""


class UnknownModelError(VmafError, ValueError):
    """No model has this identifier or alias, and no file lies at this path."""


class InvalidModelError(VmafError, ValueError):
    """A model file was read but refused, or a model does not allow what was asked of it."""


class UnknownFeatureError(VmafError, ValueError):
    """No feature extractor has this name in the library used."""


class OptionError(VmafError, ValueError):
    """A feature or model option is unknown, unparsable or out of its range."""


class InputError(VmafError, ValueError):
    """The pictures or files given cannot be scored as they are."""


class MediaError(InputError):
    """A file is missing, empty, truncated, or holds no video that can be decoded."""


class MismatchError(InputError):
    """Reference and distorted differ where they have to agree: size, format, depth, range, count."""


class UnsupportedFormatError(InputError):
    """The pixel format cannot be scored without a conversion that was not asked for."""


class PictureSizeError(InputError):
    """A picture is smaller, or larger, than a requested model or feature is defined for."""


class SequenceError(VmafError, RuntimeError):
    """Frames were pushed, or scores read, in an order that has no meaning."""


class PendingScoreError(SequenceError):
    """The score exists in principle but is not final yet: more frames or a flush are needed."""


class MissingExtraError(VmafError, ImportError):
    """An optional package is needed; the text names the extra that installs it."""


class ExecutorError(VmafError, RuntimeError):
    """The workers of an executor or a cluster are gone, or died of one call again and again."""


class StatisticsError(VmafError, ValueError):
    """A statistic is undefined for the numbers given, which are never replaced by NaN or 0."""


class InvalidValueError(StatisticsError):
    """A value is NaN, infinite, or outside its range; the text names the argument and the row."""


class LengthMismatchError(StatisticsError):
    """Two lists that belong together differ in length."""


class TooFewPointsError(StatisticsError):
    """Fewer points, stimuli or votes than the statistic is defined for."""


class NotMonotonicError(StatisticsError):
    """A rate-quality curve does not rise; the text names the curve and the points."""


class NoOverlapError(StatisticsError):
    """Two curves, or a curve and a wanted value, share no range."""


class ConstantInputError(StatisticsError):
    """All values are equal, so a correlation with them is undefined."""


class DegenerateError(StatisticsError):
    """The inputs leave nothing to test: a perfect or contradictory correlation, or a class without members."""


class ConvergenceError(StatisticsError):
    """A fit or an iteration did not reach its end."""


class TableError(StatisticsError):
    """A table cannot be read as asked: unknown column, repeated stimulus, missing cell, empty group."""
