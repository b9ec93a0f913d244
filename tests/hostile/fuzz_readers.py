"""
Coverage-guided fuzzing of the YUV4MPEG2 and raw readers: whatever the bytes, whole frames or a VmafError.

``pip install atheris && python tests/hostile/fuzz_readers.py -max_total_time=600`` runs libFuzzer through atheris; the
arguments are libFuzzer's. The suite replays seeds through the same function (test_readers.py).
"""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import islice
from pathlib import Path

HEADER = b"YUV4MPEG2 W16 H8 F25:1 Ip A1:1 C420jpeg\n"
SEEDS = (
    HEADER + (b"FRAME\n" + bytes(192)) * 2,
    HEADER + b"FRAME\n" + bytes(100),
    b"YUV4MPEG2 W16 H8 F25:1 It A0:0 C422p10 XYSCSS=422P10\n" + b"FRAME\n" + bytes(512),
    b"YUV4MPEG2 W99999 H99999 F0:0 Cmono\nFRAME\n",
    b"YUV4MPEG2 W-1 H8\nFRAME Ixyz\n" + bytes(64),
    b"",
)
FOLDER = Path(tempfile.mkdtemp(prefix="vmafpy-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
FRAMES = 8  # of each input; a header may promise many


def read(data: bytes) -> int:
    """Read the bytes as y4m and as raw video of a form their first byte picks; return the frames seen."""
    from vmafpy.errors import VmafError
    from vmafpy.frames import PIXEL_FORMATS, RawVideo, VideoFile

    seen = 0
    path = FOLDER / "input.y4m"
    path.write_bytes(data)
    form = sorted(PIXEL_FORMATS)[data[0] % len(PIXEL_FORMATS)] if data else "gray"
    for start in (
        lambda: VideoFile(path),
        lambda: VideoFile(path, accept_truncated=True),
        lambda: RawVideo(path, width=1 + len(data) % 7, height=3, pix_fmt=form),
    ):
        try:
            source = start()
            for frame in islice(source, FRAMES):
                # a stream may change size; pairing refuses that, reading does not
                shapes = frame.format.plane_shapes(frame.width, frame.height)
                if tuple(plane.shape for plane in frame.planes) != shapes:
                    raise RuntimeError(f"a frame of {[p.shape for p in frame.planes]} where {shapes} belong together")
                for plane in frame.planes:
                    int(plane.sum())  # every sample can be read
                seen += 1
            source.close()
        except VmafError:
            continue
    return seen


def main() -> None:
    """Fuzz."""
    import atheris

    with atheris.instrument_imports(include=["vmafpy"]):
        import vmafpy.frames  # noqa: F401
    import av

    av.logging.set_level(av.logging.PANIC)
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    for k, seed in enumerate(SEEDS):
        (corpus / f"seed{k}").write_bytes(seed)
    atheris.Setup([*sys.argv, "-max_len=4096", str(corpus)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
