"""A generation's folder and its manifest.

Whoever publishes writes `manifest.json` last:

    {"files": {"adapter_model.safetensors": "<sha256 in hex>", ...}, ...}

It names every other file that matters; further keys are allowed. The generation's row
keeps the SHA-256 of the manifest itself, so the row vouches for all of the bytes.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

MANIFEST = "manifest.json"
_ULID_LETTERS = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def verify_folder(folder: Path) -> bool:
    """Whether every file that the folder's manifest names is there, unaltered."""
    files = _manifest_files(folder)
    if files is None:
        return False
    return all(_sha256(folder / name) == digest for name, digest in files.items())


def is_there(folder: Path, manifest_sha256: str) -> bool:
    """Whether the manifest is the one published and its files exist: quick, reads no weights."""
    if _sha256(folder / MANIFEST) != manifest_sha256:
        return False
    files = _manifest_files(folder)
    return files is not None and all((folder / name).is_file() for name in files)


def is_leftover_name(name: str) -> bool:
    """Whether a folder is named as publishing names its folders: `.tmp-...`, or a ULID."""
    return name.startswith(".tmp-") or (len(name) == 26 and set(name) <= _ULID_LETTERS)


def size_of(folder: Path) -> int:
    """Bytes in a folder's files; 0 if it is not there."""
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())


def _manifest_files(folder: Path) -> dict[str, str] | None:
    """File names and hashes of a manifest; None if it has none, or one that leaves the folder."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        inside = all(Path(name).name == name for name in files)
        return dict(files) if files and inside else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sha256(path: Path) -> str | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()
