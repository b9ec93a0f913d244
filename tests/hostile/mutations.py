"""
Damaged videos through vmafpy.score: small clips are cut, their bits flipped, their blocks zeroed, moved and doubled.

``python tests/hostile/mutations.py 0:600`` scores the mutations with these seeds in a process that is watched, and
prints what became of them; a death, a hang of 60 s, an error that is no VmafError, a file descriptor or thread left
behind, or memory that grows ends in exit status 1. The suite runs a few (test_mutations.py).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import warnings
from collections import Counter
from pathlib import Path

FORMS = ("mp4", "mkv", "y4m", "ffv1")
WIDTH, HEIGHT, FRAMES = 96, 64, 25
HANG_S = 60.0


def make_clips(folder: Path) -> dict[str, Path]:
    """A textured pan of 25 frames: x264 in mp4 and mkv, raw in y4m, FFV1 in mkv; and the pristine reference, y4m."""
    import av
    import numpy as np

    rng = np.random.default_rng(11)
    wide = np.clip(rng.normal(128, 40, (HEIGHT, WIDTH + FRAMES)), 0, 255)
    pictures = []
    for k in range(FRAMES):
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        planes[:HEIGHT] = wide[:, k : k + WIDTH]
        pictures.append(planes)
    out = {}
    for form in ("reference", *FORMS):
        suffix = {"ffv1": "mkv", "reference": "y4m"}.get(form, form)
        codec = {"y4m": "wrapped_avframe", "ffv1": "ffv1"}.get("y4m" if form == "reference" else form, "libx264")
        out[form] = folder / f"{form}.{suffix}"
        options = {"movflags": "+faststart"} if form == "mp4" else {}
        with av.open(str(out[form]), "w", options=options) as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.options = {"crf": "28", "g": "8", "threads": "1"} if codec == "libx264" else {}
            for planes in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
            container.mux(stream.encode(None))
    return out


def mutate(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """One kind of damage; headers are hit as often as all the rest."""
    kind = rng.choice(("cut", "flip", "zero", "double", "remove", "noise"))
    bound = rng.choice((min(len(data), 1200), len(data)))
    at = rng.randrange(bound)
    n = min(1 << rng.randrange(10), len(data) - at)
    made = bytearray(data)
    if kind == "cut":
        del made[at:]
    elif kind == "flip":
        for _ in range(1 << rng.randrange(7)):
            made[rng.randrange(bound)] ^= 1 << rng.randrange(8)
    elif kind == "zero":
        made[at : at + n] = bytes(n)
    elif kind == "double":
        made[at:at] = made[at : at + n]
    elif kind == "remove":
        del made[at : at + n]
    else:
        made[at : at + n] = rng.randbytes(n)
    return kind, bytes(made)


def _outcome(clips: dict[str, Path], damaged: Path, *, accept_truncated: bool) -> tuple[str, int]:
    """What became of a file, and the frames scored."""
    import vmafpy

    try:
        result = vmafpy.score(
            reference=clips["reference"], distorted=damaged, n_threads=1, accept_truncated=accept_truncated
        )
    except vmafpy.VmafError as error:
        return type(error).__name__, error.partial.n_frames if error.partial else 0
    except Exception as error:
        return f"BAD {type(error).__name__}: {error}", 0
    return "scored", result.n_frames


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") >> 10


def work(folder: Path, first: int, end: int) -> None:
    """Score the mutations and print a line of JSON each."""
    warnings.simplefilter("ignore")
    clips = make_clips(folder)
    for seed in range(first, end):
        rng = random.Random(seed)
        form = FORMS[seed % len(FORMS)]
        kind, data = mutate(clips[form].read_bytes(), rng)
        damaged = folder / f"damaged{clips[form].suffix}"
        damaged.write_bytes(data)
        line = {"seed": seed, "form": form, "kind": kind}
        line["strict"], line["frames"] = _outcome(clips, damaged, accept_truncated=False)
        line["accepting"], line["accepted"] = _outcome(clips, damaged, accept_truncated=True)
        line["rss_kib"] = _resident()
        line["descriptors"] = len(os.listdir("/proc/self/fd"))
        line["threads"] = threading.active_count()
        print(json.dumps(line), flush=True)


def watch(first: int, end: int) -> tuple[list[dict[str, object]], list[str]]:
    """Run the workers; return the lines, and what must not have happened."""
    lines: list[dict[str, object]] = []
    failures: list[str] = []
    root = Path(__file__).resolve().parent.parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    following = first
    while following < end:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, f"{following}:{end}", "--work", folder]
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
            )
            assert process.stdout is not None
            text = "begin"
            while text:
                watchdog = threading.Timer(HANG_S, process.kill)
                watchdog.start()
                text = process.stdout.readline()
                watchdog.cancel()
                if text:
                    lines.append(json.loads(text))
                    following += 1
            code = process.wait()
            process.stdout.close()
        if following < end:
            failures.append(f"seed {following}: " + ("hang" if code == -9 else f"the process ended with {code}"))
            following += 1
    for line in lines:
        failures += [f"{line}" for key in ("strict", "accepting") if str(line[key]).startswith("BAD")]
    return lines, failures


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("seeds", metavar="FIRST:END")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    first, end = map(int, args.seeds.split(":"))
    if args.work:
        work(args.work, first, end)
        return 0
    lines, failures = watch(first, end)
    for key in ("strict", "accepting"):
        print(key, dict(Counter(f"{line['form']} {line[key]}" for line in lines).most_common()))
    settled = lines[len(lines) // 4 :]
    for key in ("rss_kib", "descriptors", "threads"):
        values = [int(str(line[key])) for line in settled]
        print(f"{key}: {values[0]} to {values[-1]}, at most {max(values)}")
    print("\n".join(failures) or f"{len(lines)} damaged files: no crash, no hang, no foreign error")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(_main())
