"""The machine itself: Python, memory, torch, GPU, bitsandbytes, terminal."""

from __future__ import annotations

from pathlib import Path

from tear_core.machine import Driver, Gpu, Machine, Terminal, Torch
from tear_tui.checks import Check, fail, gigabytes, ok, warn

LEAST_MEMORY = 2e9
"""Bytes that the engine takes with the embedded model, learning included."""

CHECKOUT = Path(__file__).parents[2]


def check_machine(machine: Machine) -> list[Check]:
    """Whether the app can run and learn here."""
    return [
        ok("Python", f"{machine.python} on {machine.system}"),
        check_memory(machine),
        check_torch(machine.torch),
        *check_gpus(machine.torch, machine.driver),
        check_bitsandbytes(machine.torch),
        *check_terminal(machine.terminal),
    ]


def check_memory(machine: Machine) -> Check:
    found = f"{machine.cores} cores, {gigabytes(machine.memory_total)} of memory"
    if 0 < machine.memory_available < LEAST_MEMORY:
        found += f", only {gigabytes(machine.memory_available)} of it free"
        return warn("memory", found, "End programs that you do not need: learning takes 2 GB.")
    return ok("memory", found)


def check_torch(torch: Torch) -> Check:
    if torch.error:
        return fail("torch", torch.error, reinstall())
    build = f"built for CUDA {torch.cuda}" if torch.cuda else "CPU build"
    return ok("torch", f"{torch.version}, {build}, {torch.threads} threads")


def check_gpus(torch: Torch, driver: Driver | None) -> list[Check]:
    if torch.gpus:
        return [_gpu(gpu) for gpu in torch.gpus]
    if torch.mps:
        return [ok("GPU", "Apple's, with the memory of the machine")]
    if driver is None:
        wants = "Nothing to mend for the embedded model; a base of 1.7 B wants an NVIDIA GPU."
        return [warn("GPU", "none found: the model runs on the CPU", wants)]
    found = f"{', '.join(driver.gpus)} (driver {driver.version}), which torch cannot use: "
    if torch.cuda is None:
        return [warn("GPU", found + "it is a CPU build", "TEAR_TORCH=cuda bash setup.sh")]
    if driver.cuda and _numbers(driver.cuda)[0] < _numbers(torch.cuda)[0]:
        found += f"it was built for CUDA {torch.cuda}, and the driver runs CUDA {driver.cuda}"
        fix = (
            f"Update the driver, or name PyTorch's wheels for CUDA {driver.cuda}: TEAR_TORCH_INDEX."
        )
        return [warn("GPU", found, fix)]
    fix = "See whether CUDA_VISIBLE_DEVICES hides it, then whether `nvidia-smi` is content."
    return [warn("GPU", found + "it does not see it", fix)]


def _gpu(gpu: Gpu) -> Check:
    found = f"{gpu.name}, {gigabytes(gpu.memory_free)} of {gigabytes(gpu.memory_total)} free"
    if gpu.memory_free < gpu.memory_total / 2:
        return warn("GPU", found, "Another program holds the rest: `nvidia-smi` says which.")
    return ok("GPU", found if gpu.bf16 else f"{found}, no bfloat16: float32 is used")


def check_bitsandbytes(torch: Torch) -> Check:
    if torch.bitsandbytes:
        return ok("bitsandbytes", torch.bitsandbytes)
    problem = torch.bitsandbytes_error or "not known, since torch does not start"
    return warn("bitsandbytes", f"{problem} (needed for nf4 and adamw8bit only)", reinstall())


def check_terminal(terminal: Terminal) -> list[Check]:
    if not terminal.is_terminal:
        return []
    where = f"{terminal.columns}×{terminal.rows}, {terminal.colours} colours, TERM={terminal.term}"
    found = where + (", in tmux" if terminal.tmux else "")
    if terminal.term in ("", "dumb"):
        return [fail("terminal", found, "Open the app in a terminal that can place its cursor.")]
    if terminal.columns < 80 or terminal.rows < 24:
        return [warn("terminal", found, "Make the window at least 80×24.")]
    if not terminal.unicode:
        return [warn("terminal", found + ", not UTF-8", "export LANG=C.UTF-8")]
    if terminal.colours < 256:
        name = "tmux-256color" if terminal.tmux else "xterm-256color"
        return [warn("terminal", found, f"export TERM={name}, if the terminal has the colours.")]
    return [ok("terminal", found)]


def reinstall() -> str:
    """How to install everything afresh, here."""
    if (CHECKOUT / "setup.sh").exists():
        return f"rm -r '{CHECKOUT / '.venv'}' && bash '{CHECKOUT / 'setup.sh'}'"
    return "pip install --force-reinstall tear-tui"


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()] or [0]
