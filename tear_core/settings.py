"""What a person can set, in one flat list, and where each value comes from.

The first that has it wins: flags, the environment (`TEAR_RANK=8`), the project's `tear.toml`
(in this folder or one above), the user's `config.toml`, the default.
"""

from __future__ import annotations

import difflib
import itertools
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableEnvironment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]


class SettingsError(ValueError):
    """Settings that cannot be used. `problems` has one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class Settings(BaseSettings):
    """Everything that can be set. Made by `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix="TEAR_",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
    )

    base: str = Field("nano", min_length=1)
    """The model to talk with: "nano" (it ships with tear-tui), a Hub id, or a folder."""
    revision: str | None = None
    """Commit, tag or branch of a Hub model. None: the default branch, pinned at first use."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the base weights. "auto": bfloat16 where the device is fast at it."""
    quantize: Literal["none", "nf4"] = "none"
    """"nf4" keeps the base in 4 bits (bitsandbytes): less memory, a little less exact."""
    delimiters: Literal["rows", "text"] = "rows"
    """"rows": six spare vocabulary rows are trained. "text": the delimiters are ordinary text."""
    threads: int | None = Field(None, ge=1)
    """CPU threads for the model. None: as many as the machine has cores for."""

    order: Literal["after", "before", "reflect"] = "after"
    """Where the scene stands: after the response, before it, or between draft and response."""
    blind: bool = False
    """Hide the predicted scene until the real one is written."""
    marks: bool = True
    """Underline what the anti-judge finds in a response, with a word for it below."""

    temperature: float | None = Field(None, ge=0)
    """How far the model strays from its likeliest words. 0 always takes the likeliest. None: chosen
    for the base."""
    top_p: float = Field(0.95, gt=0, le=1)
    """Draw only from the likeliest tokens that make up this much probability. 1 is off."""
    top_k: int = Field(0, ge=0)
    """Draw only from this many likeliest tokens. 0 is off."""
    repetition_penalty: float = Field(1.1, gt=0)
    """How much a word already said is held back. 1 is off."""
    max_response_tokens: int = Field(120, ge=1)
    """Longest response, in tokens."""
    max_scene_tokens: int = Field(120, ge=1)
    """Longest predicted scene, in tokens."""

    rank: int = Field(16, ge=1)
    """Rank of the LoRA. Up to 16 loads in vLLM as it is."""
    alpha: int = Field(32, ge=1)
    """LoRA scale: the update is multiplied by alpha / rank."""
    targets: Literal["attention", "all-linear"] = "attention"
    """Which layers learn: q, k, v, o, or every linear layer of the blocks."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of LoRA inputs dropped while learning."""
    learning_rate: float | None = Field(None, gt=0)
    """Step size of the optimizer. None: chosen for the base."""
    epochs: int | None = Field(None, ge=1)
    """How often each new triple is seen in one learning run. None: chosen for the base."""
    lambda_start: float = Field(0.3, ge=0)
    """Weight of the consequence loss in the first generation. 1 is parity."""
    lambda_end: float = Field(1.0, ge=0)
    """Weight of the consequence loss at the end of the schedule."""
    lambda_generations: int = Field(8, ge=1)
    """How many generations the schedule takes from start to end."""
    lambda_schedule: Literal["linear", "constant"] = "linear"
    """"constant" stays at `lambda_start`."""
    replay_share: float = Field(0.5, ge=0, lt=1)
    """Share of a batch that is drawn from what was learned before."""
    batch_triples: int = Field(16, ge=1)
    """Triples in one step of the optimizer, replayed ones included."""
    pack_tokens: int | None = Field(None, ge=1)
    """Most tokens in one packed micro-batch. None: chosen for the device."""
    learn_precision: Literal["auto", "base", "bfloat16"] = "auto"
    """What matrices are multiplied in while learning. "base": what its weights are in."""
    clip: float = Field(1.0, gt=0)
    """Longest gradient, as a norm."""
    optimizer: Literal["adamw", "adamw8bit"] = "adamw"
    """"adamw8bit" (bitsandbytes) takes less memory and needs a GPU."""

    gate: Literal["on", "off"] = "on"
    """Hold each update against a fixed probe before it may answer. "off" is kept on record."""
    learn_when: Literal["off", "after", "idle"] = "after"
    """When the engine learns by itself: "after" so many new scenes, when "idle", or "off"."""
    learn_after: int = Field(1, ge=1)
    """With "after": how many scenes have to wait before they are learned."""
    learn_idle_seconds: float = Field(20.0, ge=0)
    """With "idle": seconds in which nobody has asked the engine for anything."""
    theme: str = Field("ink", min_length=1)
    """Colours of the app: "ink" for the night, "paper" for the day, or another theme."""
    keymap: dict[str, str] = Field(default_factory=dict)
    """Your own keys, by the name of what they do, e.g. "converse.take" = "f3"."""

    _flags: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def flags(self) -> Mapping[str, Any]:
        """What was given as flags when these settings were read."""
        return self._flags

    @field_validator("keymap", mode="before")
    @classmethod
    def _names_with_dots(cls, keymap: Any) -> Any:
        """`converse.take = "f3"` without quotes is a table in a table to TOML."""
        return _flat(keymap) if isinstance(keymap, Mapping) else keymap

    @field_validator("base")
    @classmethod
    def _one_name_for_a_folder(cls, base: str) -> str:
        """A folder goes by its whole path: generations are kept for the base of that name."""
        folder = Path(base).expanduser()
        return str(folder.resolve()) if base != "nano" and folder.is_dir() else base

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        files = [_TomlFile(settings_cls, path) for path in settings_files()]
        return (init_settings, env_settings, *files)


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force here. A flag that is None was not given.

    Raises:
        SettingsError: an unknown key, or a value that cannot be; says which and where.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError([_sentence(each, given) for each in error.errors()]) from None
    except UnreadableEnvironment as error:
        raise SettingsError([f"{error}: a variable of the environment is not JSON."]) from None
    settings._flags = given
    return settings


def checked(name: str, value: Any) -> Any:
    """A value as the settings would hold it, whatever else is set.

    Raises:
        SettingsError: there is no such setting, or it cannot have this value; says why.
    """
    if name not in Settings.model_fields:
        raise SettingsError([_unknown(name, "asked for")])
    try:
        return getattr(_Alone(**{name: value}), name)
    except ValidationError as error:
        raise SettingsError([_reason(name, each) for each in error.errors()]) from None


def what_for() -> dict[str, str]:
    """What each setting is for: the words below it in its class. Read when somebody asks, since a
    start has no use for it (pydantic reads them at every import)."""
    import ast
    import inspect

    (told,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(told, ast.ClassDef)
    found = {}
    for field, below in itertools.pairwise(told.body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                found[name] = inspect.cleandoc(words)
    return found


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value in force comes from. `where` names the flag, the variable or the file."""

    kind: Literal["flag", "environment", "project", "user", "default"]
    where: str = "default"


def source_of(name: str, flags: Mapping[str, Any] | None = None) -> Source:
    """Who has the last word about a setting here.

    Raises:
        SettingsError: a settings file cannot be read.
    """
    if name in (flags or {}):
        return Source("flag", f"given as --{name.replace('_', '-')}")
    for variable, value in os.environ.items():
        if variable.upper() == f"TEAR_{name.upper()}" and value:
            return Source("environment", f"the environment's {variable}")
    for path in settings_files():
        if name in read_toml(path):
            return Source("user" if path == user_file() else "project", str(path))
    return Source("default")


def settings_files() -> list[Path]:
    """The settings files that exist, strongest first."""
    return [path for path in (project_file(), user_file()) if path and path.is_file()]


def user_file() -> Path:
    """The user's own `config.toml`, which need not exist."""
    from platformdirs import user_config_path

    return user_config_path("tear-tui", appauthor=False) / "config.toml"


def project_file() -> Path | None:
    """The project's `tear.toml`, in this folder or the nearest one above that has it."""
    here = Path.cwd()
    candidates = (folder / "tear.toml" for folder in (here, *here.parents))
    return next((path for path in candidates if path.is_file()), None)


class _TomlFile(PydanticBaseSettingsSource):
    """One settings file. Its unknown keys are errors that name the file."""

    def __init__(self, settings_cls: type[BaseSettings], path: Path) -> None:
        super().__init__(settings_cls)
        self.path = path

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # only reached through __call__, which reads the whole file

    def __call__(self) -> dict[str, Any]:
        values = read_toml(self.path)
        known = list(self.settings_cls.model_fields)
        unknown = [key for key in values if key not in known]
        if unknown:
            raise SettingsError([_unknown(key, str(self.path)) for key in unknown])
        return values


class _Alone(Settings):
    """The settings without what the environment and the files say, to try a value on."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def read_toml(path: Path) -> dict[str, Any]:
    """What a settings file says.

    Raises:
        SettingsError: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path} is not TOML: {error}."]) from None
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}."]) from None


def _unknown(key: str, where: str) -> str:
    near = difflib.get_close_matches(key, Settings.model_fields, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"There is no setting `{key}` ({where}).{hint}"


def _sentence(error: Mapping[str, Any], flags: Mapping[str, Any]) -> str:
    """One problem in words: which setting, from where, what it should be, what it is."""
    key = str(error["loc"][0]) if error["loc"] else "settings"
    if error["type"] == "extra_forbidden":
        return _unknown(key, "given as a flag")
    return f"`{key}` ({source_of(key, flags).where}) {_should(error)}, not {error['input']!r}."


def _reason(name: str, error: Mapping[str, Any]) -> str:
    return f"`{name}` {_should(error)}, not {error['input']!r}."


def _should(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Input ").removeprefix("Value error, ")


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= (
            _flat(value, f"{above}{key}.") if isinstance(value, Mapping) else {above + key: value}
        )
    return flat
