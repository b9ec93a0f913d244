"""A replay of the readers' fuzzer: its seeds, and seeded mutations of them."""

from __future__ import annotations

import random

from hostile.fuzz_readers import SEEDS, read


def test_seeds_read_as_meant():
    """Two whole frames are read twice (strictly, and accepting a cut); a cut one is told, then accepted."""
    assert read(SEEDS[0]) >= 4
    assert read(b"") == 0


def test_mutated_streams():
    """Three hundred mutations: whole frames or a VmafError, nothing else."""
    rng = random.Random(5)
    for _ in range(300):
        data = bytearray(rng.choice(SEEDS))
        for _ in range(rng.randint(1, 8)):
            if data and rng.random() < 0.7:
                data[rng.randrange(len(data))] = rng.randrange(256)
            else:
                at = rng.randint(0, len(data))
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 20)))
        read(bytes(data))
