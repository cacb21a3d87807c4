"""Facts about this machine: what runs here, on what, and how much room there is.

Plain data, gathered without torch in this process: torch is asked in a child, so that one
that crashes, hangs or talks to the terminal is a fact like any other. Judging the facts is
`tear-tui doctor`'s affair. `python -m tear_core.machine` prints them as JSON.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

GB = 1e9

EMBEDDED = Path(__file__).parent / "nano" / "weights"
"""The folder of the model that ships inside the package."""


@dataclass(frozen=True)
class Gpu:
    """A GPU that torch can use. Sizes are bytes."""

    name: str
    memory_total: int
    memory_free: int
    bf16: bool


@dataclass(frozen=True)
class Torch:
    """What torch says of itself; `error` when it cannot say anything."""

    version: str = ""
    cuda: str | None = None
    """The CUDA version it was built for; None in a CPU build."""
    gpus: tuple[Gpu, ...] = ()
    mps: bool = False
    """Apple's GPU is to be had."""
    threads: int = 0
    bitsandbytes: str | None = None
    bitsandbytes_error: str = ""
    error: str = ""


@dataclass(frozen=True)
class Driver:
    """The NVIDIA driver: its version, the newest CUDA it can run, and the GPUs it has."""

    version: str
    cuda: str
    gpus: tuple[str, ...]


@dataclass(frozen=True)
class Terminal:
    """The terminal this process writes to."""

    is_terminal: bool
    columns: int
    rows: int
    term: str
    colours: int
    unicode: bool
    tmux: bool


@dataclass(frozen=True)
class Hub:
    """Where downloaded models are kept, and whether more may be fetched."""

    cache: Path
    models: tuple[str, ...]
    offline: tuple[str, ...]
    """The environment variables that forbid downloads."""


@dataclass(frozen=True)
class Weights:
    """The tensors of a model folder, by its files' headers. `problem`: why it will not load."""

    folder: Path
    bytes: int = 0
    parameters: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Machine:
    """The whole of it. Sizes are bytes."""

    python: str
    executable: str
    system: str
    cores: int
    memory_total: int
    memory_available: int
    driver: Driver | None
    torch: Torch
    terminal: Terminal
    hub: Hub
    embedded: Weights


def look_around() -> Machine:
    """Everything there is to know here. Takes the seconds that importing torch takes."""
    total, available = memory()
    return Machine(
        python=platform.python_version(),
        executable=sys.executable,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cores=cores(),
        memory_total=total,
        memory_available=available,
        driver=nvidia_driver(),
        torch=ask_torch(),
        terminal=terminal(),
        hub=hub(),
        embedded=embedded(),
    )


def cores() -> int:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> tuple[int, int]:
    """Bytes of memory: all there is, and what is to be had now (0 where nobody can tell)."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0, 0
    try:
        meminfo = Path("/proc/meminfo").read_text()
    except OSError:
        return total, 0
    found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo, re.MULTILINE)
    return total, int(found[1]) * 1024 if found else 0


def disk_free(folder: Path) -> int:
    """Bytes that can still be written into `folder`, which need not exist yet."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(existing).free


def nvidia_driver() -> Driver | None:
    """What the NVIDIA driver says; None where there is none, or it does not answer."""
    try:
        shown = _output("nvidia-smi")
        listed = _output("nvidia-smi", "--query-gpu=driver_version,name", "--format=csv,noheader")
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [line.split(", ", 1) for line in listed.splitlines() if ", " in line]
    if not rows:
        return None
    cuda = re.search(r"CUDA(?: UMD)? Version:\s*([\d.]+)", shown)
    return Driver(rows[0][0], cuda[1] if cuda else "", tuple(name for _, name in rows))


def _output(*command: str) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
    ).stdout


def terminal() -> Terminal:
    size = shutil.get_terminal_size()
    term = os.environ.get("TERM", "")
    return Terminal(
        is_terminal=sys.stdout.isatty(),
        columns=size.columns,
        rows=size.lines,
        term=term,
        colours=_colours(term),
        unicode="utf" in (sys.stdout.encoding or "").lower(),
        tmux="TMUX" in os.environ,
    )


def _colours(term: str) -> int:
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return 1 << 24
    if "256" in term:
        return 256
    return 0 if term in ("", "dumb") else 16


def hub() -> Hub:
    """By the environment variables that huggingface_hub goes by, without importing it."""
    env = os.environ
    caches = Path(env.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    root = Path(env.get("HF_HOME") or caches)
    cache = Path(env.get("HF_HUB_CACHE") or root / "hub").expanduser()
    held = sorted(cache.glob("models--*/snapshots/*/config.json"))
    return Hub(
        cache=cache,
        models=tuple(dict.fromkeys(_repository(config.parents[2].name) for config in held)),
        offline=tuple(
            name
            for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
            if env.get(name, "").lower() in ("1", "true", "yes", "on")
        ),
    )


def _repository(folder: str) -> str:
    return folder.removeprefix("models--").replace("--", "/")


def embedded() -> Weights:
    """The model that ships inside the package."""
    return weights(EMBEDDED)


def weights(folder: Path) -> Weights:
    """What a model folder holds. Reads headers only, which is enough to see a file cut short."""
    size = parameters = 0
    try:
        json.loads((folder / "config.json").read_text())
        files = sorted(folder.glob("*.safetensors"))
        for path in files:
            size += path.stat().st_size
            parameters += _parameters(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Weights(folder, size, parameters, f"{type(error).__name__}: {error}")
    return Weights(folder, size, parameters, "" if files else f"no safetensors in {folder}")


def _parameters(path: Path) -> int:
    """How many numbers a safetensors file holds.

    Raises:
        ValueError: it is not such a file, or not all of it is there.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise ValueError(f"{path.name} is no safetensors file")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    end = max((tensor["data_offsets"][1] for tensor in header.values()), default=0)
    if 8 + length + end != path.stat().st_size:
        raise ValueError(f"{path.name} is cut short")
    return sum(math.prod(tensor["shape"]) for tensor in header.values())


def ask_torch(seconds: float = 180) -> Torch:
    """What torch in a child process says; a child that fails leaves its last words in `error`."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", __file__, "--torch"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Torch(error=str(error))
    if child.returncode != 0:
        last = (child.stderr.strip().splitlines() or ["no last words"])[-1]
        return Torch(error=f"{last} (exit code {child.returncode})")
    said = json.loads(child.stdout.splitlines()[-1])
    return Torch(**{**said, "gpus": tuple(Gpu(**gpu) for gpu in said["gpus"])})


def say_torch() -> None:
    """Print what torch knows, as the last line: imports torch, so this is for the child only."""
    import torch

    cuda = torch.cuda
    gpus = []
    for number in range(cuda.device_count()):
        free, total = cuda.mem_get_info(number)
        with cuda.device(number):
            bf16 = cuda.is_bf16_supported(including_emulation=False)
        gpus.append(Gpu(cuda.get_device_name(number), total, free, bf16))
    version, problem = _bitsandbytes()
    facts = Torch(
        version=torch.__version__,
        cuda=torch.version.cuda,
        gpus=tuple(gpus),
        mps=torch.backends.mps.is_available(),
        threads=torch.get_num_threads(),
        bitsandbytes=version,
        bitsandbytes_error=problem,
    )
    print(json.dumps(asdict(facts)))


def _bitsandbytes() -> tuple[str | None, str]:
    try:
        import bitsandbytes
    except Exception as error:  # a broken native library can raise anything
        return None, (str(error).strip().splitlines() or [type(error).__name__])[0]
    return str(bitsandbytes.__version__), ""


def as_json(facts: Any) -> str:
    """Facts as one JSON value; paths as text."""
    return json.dumps(asdict(facts), default=str, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    if "--torch" in sys.argv:
        say_torch()
    else:
        print(as_json(look_around()))
