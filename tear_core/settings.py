"""What a person can set, in one flat list, and where each value comes from.

The first that has it wins: flags, the environment (`TEAR_RANK=8`), the project's `tear.toml`
(in this folder or one above), the user's `config.toml`, the default.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic_core import SchemaValidator, ValidationError, core_schema

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]


class SettingsError(ValueError):
    """Settings that cannot be used. `problems` has one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


def _limited(default: Any, **limits: Any) -> Any:
    """A setting with this default, and what it has to keep to (`ge`: at least, `lt`: below, …)."""
    return field(default=default, metadata=limits)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set. Made by `load_settings`, which holds it to types and limits."""

    base: str = _limited("nano", min_length=1)
    """The model to talk with: "nano" (it ships with tear-tui), a Hub id, or a folder."""
    revision: str | None = None
    """Commit, tag or branch of a Hub model. None: the default branch, pinned at first use."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the base weights. "auto": bfloat16 where the device is fast at it."""
    quantize: Literal["none", "nf4"] = "none"
    """"nf4" keeps the base in 4 bits (bitsandbytes): less memory, a little less exact."""
    delimiters: Literal["rows", "text"] = "rows"
    """"rows": six spare vocabulary rows are trained. "text": the delimiters are ordinary text."""
    threads: int | None = _limited(None, ge=1)
    """CPU threads for the model. None: as many as the machine has cores for."""

    order: Literal["after", "before", "reflect"] = "after"
    """Where the scene stands: after the response, before it, or between draft and response."""
    blind: bool = False
    """Hide the predicted scene until the real one is written."""
    marks: bool = True
    """Underline what the anti-judge finds in a response, with a word for it below."""

    temperature: float | None = _limited(None, ge=0)
    """How far the model strays from its likeliest words. 0 always takes the likeliest. None: chosen
    for the base."""
    top_p: float = _limited(0.95, gt=0, le=1)
    """Draw only from the likeliest tokens that make up this much probability. 1 is off."""
    top_k: int = _limited(0, ge=0)
    """Draw only from this many likeliest tokens. 0 is off."""
    repetition_penalty: float = _limited(1.1, gt=0)
    """How much a word already said is held back. 1 is off."""
    max_response_tokens: int = _limited(120, ge=1)
    """Longest response, in tokens."""
    max_scene_tokens: int = _limited(120, ge=1)
    """Longest predicted scene, in tokens."""

    rank: int = _limited(16, ge=1)
    """Rank of the LoRA. Up to 16 loads in vLLM as it is."""
    alpha: int = _limited(32, ge=1)
    """LoRA scale: the update is multiplied by alpha / rank."""
    targets: Literal["attention", "all-linear"] = "attention"
    """Which layers learn: q, k, v, o, or every linear layer of the blocks."""
    dropout: float = _limited(0.0, ge=0, lt=1)
    """Share of LoRA inputs dropped while learning."""
    learning_rate: float | None = _limited(None, gt=0)
    """Step size of the optimizer. None: chosen for the base."""
    epochs: int | None = _limited(None, ge=1)
    """How often each new triple is seen in one learning run. None: chosen for the base."""
    lambda_start: float = _limited(0.3, ge=0)
    """Weight of the consequence loss in the first generation. 1 is parity."""
    lambda_end: float = _limited(1.0, ge=0)
    """Weight of the consequence loss at the end of the schedule."""
    lambda_generations: int = _limited(8, ge=1)
    """How many generations the schedule takes from start to end."""
    lambda_schedule: Literal["linear", "constant"] = "linear"
    """"constant" stays at `lambda_start`."""
    replay_share: float = _limited(0.5, ge=0, lt=1)
    """Share of a batch that is drawn from what was learned before."""
    batch_triples: int = _limited(16, ge=1)
    """Triples in one step of the optimizer, replayed ones included."""
    pack_tokens: int | None = _limited(None, ge=1)
    """Most tokens in one packed micro-batch. None: chosen for the device."""
    learn_precision: Literal["auto", "base", "bfloat16"] = "auto"
    """What matrices are multiplied in while learning. "base": what its weights are in."""
    clip: float = _limited(1.0, gt=0)
    """Longest gradient, as a norm."""
    optimizer: Literal["adamw", "adamw8bit"] = "adamw"
    """"adamw8bit" (bitsandbytes) takes less memory and needs a GPU."""

    gate: Literal["on", "off"] = "on"
    """Hold each update against a fixed probe before it may answer. "off" is kept on record."""
    learn_when: Literal["off", "after", "idle"] = "after"
    """When the engine learns by itself: "after" so many new scenes, when "idle", or "off"."""
    learn_after: int = _limited(1, ge=1)
    """With "after": how many scenes have to wait before they are learned."""
    learn_idle_seconds: float = _limited(20.0, ge=0)
    """With "idle": seconds in which nobody has asked the engine for anything."""
    theme: str = _limited("ink", min_length=1)
    """Colours of the app: "ink" for the night, "paper" for the day, or another theme."""
    keymap: dict[str, str] = field(default_factory=dict)
    """Your own keys, by the name of what they do, e.g. "converse.take" = "f3"."""

    flags: Mapping[str, Any] = field(default_factory=dict)
    # What was given as flags when these settings were read; no setting itself.


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force here. A flag that is None was not given.

    Raises:
        SettingsError: an unknown key, or a value that cannot be; says which and where.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    files = map(_of_file, settings_files())
    values = functools.reduce(_with_weaker, (_of_environment(), *files), given)
    try:
        return Settings(**_valid(values), flags=given)
    except ValidationError as error:
        raise SettingsError([_sentence(each, given) for each in error.errors()]) from None


def checked(name: str, value: Any) -> Any:
    """A value as the settings would hold it, whatever else is set.

    Raises:
        SettingsError: there is no such setting, or it cannot have this value; says why.
    """
    if name not in kinds():
        raise SettingsError([_unknown(name, "asked for")])
    try:
        return _valid({name: value})[name]
    except ValidationError as error:
        raise SettingsError([_reason(name, each) for each in error.errors()]) from None


@functools.cache
def kinds() -> Mapping[str, Any]:
    """The type of each setting, in the order in which they are declared."""
    hints = get_type_hints(Settings)
    return {each.name: hints[each.name] for each in fields(Settings) if each.name != "flags"}


def what_for() -> dict[str, str]:
    """What each setting is for: the words below it in its class. Read when somebody asks, since a
    start has no use for it."""
    import ast
    import inspect

    (told,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(told, ast.ClassDef)
    found = {}
    for above, below in itertools.pairwise(told.body):
        match above, below:
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
    if (variable := _variables().get(name)) is not None:
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


def _variables() -> dict[str, str]:
    """The environment's variable for each setting that has one. An empty one says nothing."""
    upper = {variable.upper(): variable for variable, value in os.environ.items() if value}
    named = {name: upper.get(f"TEAR_{name.upper()}") for name in kinds()}
    return {name: variable for name, variable in named.items() if variable is not None}


def _of_environment() -> dict[str, Any]:
    """What the environment sets: text, from which the settings make what they hold."""
    variables = _variables()
    values: dict[str, Any] = {name: os.environ[each] for name, each in variables.items()}
    if "keymap" in values:
        try:
            values["keymap"] = json.loads(values["keymap"])
        except ValueError as error:
            where = f"the environment's {variables['keymap']}"
            raise SettingsError([f"`keymap` ({where}) is not JSON: {error}."]) from None
    return values


def _of_file(path: Path) -> dict[str, Any]:
    """What a settings file sets. Its unknown keys are errors that name the file."""
    values = read_toml(path)
    unknown = [key for key in values if key not in kinds()]
    if unknown:
        raise SettingsError([_unknown(key, str(path)) for key in unknown])
    return values


def _with_weaker(values: dict[str, Any], weaker: dict[str, Any]) -> dict[str, Any]:
    """These values, and those of a weaker source that are not among them. Keys add up."""
    both = weaker | values
    keymaps = [each["keymap"] for each in (weaker, values) if "keymap" in each]
    if len(keymaps) == 2 and all(isinstance(each, Mapping) for each in keymaps):
        both["keymap"] = _flat(keymaps[0]) | _flat(keymaps[1])
    return both


def _valid(values: Mapping[str, Any]) -> dict[str, Any]:
    """These values as the settings hold them: of the right type and within their limits.

    Raises:
        ValidationError: some of them cannot be.
    """
    keymap = values.get("keymap")
    if isinstance(keymap, Mapping):  # `converse.take = "f3"` without quotes is a table in a table
        values = {**values, "keymap": _flat(keymap)}
    valid: dict[str, Any] = _checks().validate_python(values)
    if "base" in valid:
        valid["base"] = _one_name_for_a_folder(valid["base"])
    return valid


def _one_name_for_a_folder(base: str) -> str:
    """A folder goes by its whole path: generations are kept for the base of that name."""
    folder = Path(base).expanduser()
    return str(folder.resolve()) if base != "nano" and folder.is_dir() else base


@functools.cache
def _checks() -> SchemaValidator:
    """What holds values to types and limits: pydantic's core by itself. The rest of pydantic would
    cost each start, and the app's first picture, more than all else in this file."""
    limits = {each.name: each.metadata for each in fields(Settings)}
    each_one = {
        name: core_schema.typed_dict_field(_schema(kind, limits[name]), required=False)
        for name, kind in kinds().items()
    }
    return SchemaValidator(core_schema.typed_dict_schema(each_one, extra_behavior="forbid"))


def _schema(kind: Any, limits: Mapping[str, Any]) -> core_schema.CoreSchema:
    if type(None) in get_args(kind):
        return core_schema.nullable_schema(_schema(get_args(kind)[0], limits))
    if get_origin(kind) is Literal:
        return core_schema.literal_schema(list(get_args(kind)))
    if get_origin(kind) is dict:
        return core_schema.dict_schema(*(_schema(each, {}) for each in get_args(kind)))
    if kind is float:
        return core_schema.float_schema(**limits, allow_inf_nan=False)
    plain: dict[Any, Callable[..., core_schema.CoreSchema]] = {
        str: core_schema.str_schema,
        int: core_schema.int_schema,
        bool: core_schema.bool_schema,
    }
    return plain[kind](**limits)


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
    import difflib

    near = difflib.get_close_matches(key, kinds(), n=1)
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
