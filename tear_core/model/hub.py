"""Bring a model's files to this machine: pinned revision, resumable, safetensors only.

Nothing is sent but the request for the files. What is in the cache is used as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)
from tqdm.auto import tqdm  # type: ignore[import-untyped]

PATTERNS = ["*.json", "*.safetensors", "tokenizer*", "*.model", "*.txt"]
NEVER = ["*.bin", "*.pt", "*.pth", "*.pkl", "*.py", "consolidated*", "original/*", "onnx/*"]


def fetch(
    name: str,
    revision: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Path, str]:
    """A folder with the model's files, and the commit they are pinned to ("" for a folder).

    Raises:
        OSError: one sentence on why the files are not to be had, and what to do.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise OSError(f"{folder} holds no config.json: it is not a model folder")
        return folder, ""
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise OSError(f"there is no model folder {name}; a Hub id looks like Qwen/Qwen3-1.7B-Base")
    try:
        cached = snapshot_download(
            name,
            revision=revision,
            allow_patterns=PATTERNS,
            ignore_patterns=NEVER,
            local_files_only=True,
        )
        if any(Path(cached).glob("*.safetensors")) and (Path(cached) / "config.json").exists():
            return Path(cached), Path(cached).name
    except (LocalEntryNotFoundError, HFValidationError):
        pass
    try:
        path = snapshot_download(
            name,
            revision=revision,
            allow_patterns=PATTERNS,
            ignore_patterns=NEVER,
            tqdm_class=_told(progress) if progress else None,
        )
    except GatedRepoError as error:
        raise OSError(
            f"{name} asks you to accept its terms: do so on its Hub page, then `hf auth login`"
        ) from error
    except RepositoryNotFoundError as error:
        raise OSError(f"the Hub has no model {name} (or it is private: `hf auth login`)") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise OSError(
            f"{name} is not on this machine and the Hub cannot be reached: go online once, "
            "or give a folder that holds the model"
        ) from error
    return Path(path), Path(path).name


def _told(progress: Callable[[str, int, int], None]) -> type[Any]:
    """A tqdm that draws nothing and reports bytes to `progress(what, done, total)`."""

    class Told(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs["disable"] = False
            kwargs.pop("name", None)
            super().__init__(*args, **kwargs, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123

        def update(self, n: float | None = 1) -> bool | None:
            shown = super().update(n)
            if self.unit == "B":
                progress(str(self.desc or ""), int(self.n), int(self.total or 0))
            return shown

    return Told
