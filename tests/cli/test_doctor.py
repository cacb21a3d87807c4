"""`tear-tui doctor`: sees what is amiss, says how to mend it, and survives what it finds."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tear_core import machine as facts_of
from tear_core.machine import Driver, Gpu, Hub, Machine, Terminal, Torch, Weights
from tear_core.settings import load_settings
from tear_core.store import Store, generations, open_store
from tear_core.store.fitting import settle
from tear_core.store.generation_rows import Generation
from tear_core.store.generations import publish
from tear_tui.checks import Check
from tear_tui.checks.home import check_home, check_settings
from tear_tui.checks.machine import check_bitsandbytes, check_gpus, check_terminal, check_torch
from tear_tui.checks.models import check_models
from tear_tui.cli import app
from tear_tui.lineage.fitting import fingerprint_here
from tests.store.made import generation as whole

CPU = Torch(version="2.13.0+cpu", threads=2, bitsandbytes="0.50.2")
CUDA = replace(CPU, version="2.13.0", cuda="13.0")
CARD = Gpu("A card", memory_total=24_000_000_000, memory_free=23_000_000_000, bf16=True)
DRIVER = Driver("580.1", "13.0", ("A card",))
HUB = Hub(Path("/tmp/hub"), ("Qwen/Qwen3-1.7B-Base",), ())
WHOLE = Weights(Path("/nano"), 13_000_000, 6_500_000)
SCREEN = Terminal(True, 120, 40, "xterm-256color", 256, True, False)


@pytest.fixture
def laptop(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without a GPU; nobody asks the real torch."""
    machine = Machine(
        python="3.11.7",
        executable=sys.executable,
        system="Linux",
        cores=2,
        memory_total=16_000_000_000,
        memory_available=9_000_000_000,
        driver=None,
        torch=CPU,
        terminal=SCREEN,
        hub=HUB,
        embedded=WHOLE,
    )
    monkeypatch.setattr(facts_of, "look_around", lambda: machine)
    return machine


def doctor(*options: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *options])


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def at_home(home: Path, name: str) -> Check:
    return named(check_home(home), name)


# --- the command ------------------------------------------------------------------------------


@pytest.mark.usefixtures("laptop", "home")
def test_no_gpu_is_a_warning_and_no_failure() -> None:
    done = doctor("--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["status"] == "warn"
    assert [check["name"] for check in told["checks"] if check["status"] != "ok"] == ["GPU"]
    assert all(check["fix"] for check in told["checks"] if check["status"] != "ok")
    assert told["machine"]["torch"]["version"] == "2.13.0+cpu"


@pytest.mark.usefixtures("laptop", "home")
def test_each_check_is_a_line_and_its_fix_another() -> None:
    shown = doctor().stdout.splitlines()
    gpu = next(number for number, line in enumerate(shown) if "none found" in line)
    assert shown[gpu].startswith("warn  GPU")
    assert shown[gpu + 1].strip().startswith("→")


@pytest.mark.usefixtures("home")
def test_a_failure_is_the_exit_code(laptop: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(laptop, torch=Torch(error="ImportError: libc is missing (exit code 1)"))
    monkeypatch.setattr(facts_of, "look_around", lambda: broken)
    done = doctor("--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == "fail"


@pytest.mark.usefixtures("laptop")
def test_the_machine_alone_opens_no_home(home: Path) -> None:
    assert doctor("--machine").exit_code == 0
    assert not home.exists()


# --- the machine ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("torch", "driver", "status", "words"),
    [
        (replace(CUDA, gpus=(CARD,)), DRIVER, "ok", "A card"),
        (replace(CUDA, gpus=(replace(CARD, bf16=False),)), DRIVER, "ok", "no bfloat16"),
        (replace(CUDA, gpus=(replace(CARD, memory_free=1),)), DRIVER, "warn", "nvidia-smi"),
        (replace(CPU, mps=True), None, "ok", "Apple"),
        (CPU, None, "warn", "runs on the CPU"),
        (CPU, DRIVER, "warn", "TEAR_TORCH=cuda"),
        (CUDA, replace(DRIVER, cuda="12.4"), "warn", "TEAR_TORCH_INDEX"),
        (CUDA, DRIVER, "warn", "CUDA_VISIBLE_DEVICES"),
    ],
)
def test_gpus(torch: Torch, driver: Driver | None, status: str, words: str) -> None:
    (check,) = check_gpus(torch, driver)
    assert check.status == status
    assert words in check.found + check.fix


def test_a_torch_that_does_not_start_is_told_with_its_last_words() -> None:
    broken = Torch(error="ImportError: libgomp is missing (exit code 1)")
    assert check_torch(broken).status == "fail"
    assert "libgomp" in check_torch(broken).found
    assert check_bitsandbytes(broken).status == "warn"


@pytest.mark.parametrize(
    ("terminal", "status"),
    [
        (SCREEN, "ok"),
        (replace(SCREEN, columns=79), "warn"),
        (replace(SCREEN, colours=16, term="xterm"), "warn"),
        (replace(SCREEN, unicode=False), "warn"),
        (replace(SCREEN, term="dumb", colours=0), "fail"),
    ],
)
def test_terminals(terminal: Terminal, status: str) -> None:
    assert [check.status for check in check_terminal(terminal)] == [status]
    assert check_terminal(replace(terminal, is_terminal=False)) == []


def test_torch_is_asked_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "some library talks\n" + json.dumps({**vars(CUDA), "gpus": [vars(CARD)]})
    answer = subprocess.CompletedProcess([], 0, stdout=said, stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: answer)
    assert facts_of.ask_torch() == replace(CUDA, gpus=(CARD,))


def test_a_child_that_crashes_is_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess([], -11, stdout="", stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: answer)
    assert "-11" in facts_of.ask_torch().error


def test_the_driver_is_read_from_nvidia_smi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert facts_of.nvidia_driver() is None or Path("/proc/driver/nvidia").exists()
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\ncase "$1" in\n--query*) echo "580.65.06, NVIDIA H100" ;;\n'
        '*) echo "| NVIDIA-SMI 580.65.06    Driver Version: 580.65.06    CUDA Version: 13.0 |" ;;\n'
        "esac\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert facts_of.nvidia_driver() == Driver("580.65.06", "13.0", ("NVIDIA H100",))


# --- models -----------------------------------------------------------------------------------


def test_the_embedded_model_is_there() -> None:
    assert facts_of.embedded().problem == ""
    assert facts_of.embedded().bytes < 40e6


def test_weights_that_were_cut_short(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    whole = struct.pack("<Q", len(header)) + header + bytes(24)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(whole)
    assert facts_of.weights(tmp_path) == Weights(tmp_path, len(whole), 6)
    for short in (whole[:-1], whole[:4], b"", b"version https://example/lfs"):
        (tmp_path / "model.safetensors").write_bytes(short)
        assert facts_of.weights(tmp_path).problem
    assert "config.json" in facts_of.weights(tmp_path / "nowhere").problem


def test_a_base_that_is_not_here() -> None:
    held = check_models("Qwen/Qwen3-1.7B-Base", WHOLE, HUB)
    assert named(held, "base Qwen/Qwen3-1.7B-Base").status == "ok"
    assert named(check_models("other/model", WHOLE, HUB), "base other/model").status == "warn"
    offline = replace(HUB, offline=("HF_HUB_OFFLINE",))
    missing = named(check_models("other/model", WHOLE, offline), "base other/model")
    assert missing.status == "fail"
    assert "unset HF_HUB_OFFLINE" in missing.fix


def test_the_hubs_own_variables_are_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    snapshot = tmp_path / "hub" / "models--some--model" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    found = facts_of.hub()
    assert found.models == ("some/model",)
    assert "HF_HUB_OFFLINE" in found.offline


# --- the home ---------------------------------------------------------------------------------


def test_a_sound_home(home: Path, store: Store) -> None:
    assert {check.status for check in check_home(home)} == {"ok"}
    assert "sound" in at_home(home, "database").found


def test_a_home_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (check,) = check_home(tmp_path / "file")
    assert check.status == "fail"


def test_a_home_that_others_can_read(home: Path, store: Store) -> None:
    home.chmod(0o755)  # as git makes it: its content is still private
    assert at_home(home, "home").status == "ok"
    (home / "tear.db").chmod(0o644)
    check = at_home(home, "home")
    assert check.status == "warn"
    assert f"chmod -R go= {home}" in check.fix
    (home / "tear.db").chmod(0o600)
    home.chmod(0o777)
    assert at_home(home, "home").status == "warn"


def test_a_database_that_is_damaged(home: Path) -> None:
    with open_store(home) as store, store.write() as connection:
        for number in range(2000):
            connection.execute(
                "INSERT INTO sessions (id, title, created_at, updated_at)"
                " VALUES (?, 'a title', 'now', 'now')",
                (str(number),),
            )
    path = home / "tear.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
    path.write_bytes(content)
    check = at_home(home, "database")
    assert check.status == "fail"
    assert "backups" in check.fix


def test_a_database_that_is_none(home: Path) -> None:
    home.mkdir()
    (home / "tear.db").write_text("no database, only words " * 100)
    assert at_home(home, "database").status == "fail"


def test_a_database_of_another_age_is_left_as_it_is(home: Path) -> None:
    for schema, status in ((0, "ok"), (999, "fail")):
        with open_store(home) as store:
            store.connection.execute(f"PRAGMA user_version = {schema}")
        assert at_home(home, "database").status == status
        (home / "tear.db").unlink()


def generation(number: int, folder: str) -> Generation:
    return Generation(number, None, "nano", "f", folder, "0" * 64, 1, 0, 1, 1, 1.0, 0.3)


def test_a_generation_without_its_folder(home: Path, store: Store) -> None:
    publish(store, generation(1, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), [], [])
    check = at_home(home, "generations")
    assert check.status == "fail"
    assert "1" in check.found


def test_a_live_generation_of_other_weights(home: Path, store: Store) -> None:
    here = fingerprint_here(load_settings())
    assert here is not None
    fits = replace(whole(store), base_fingerprint=here)
    publish(store, fits, [], [])
    check = at_home(home, "live generation")
    assert (check.status, check.fix) == ("ok", "") and "generation 1" in check.found
    publish(store, whole(store), [], [])
    check = at_home(home, "live generation")
    assert check.status == "warn" and "generation 2 was learned on other weights" in check.found
    assert "tear-tui generations rebuild 2" in check.fix
    settle(store, "nano", here)
    assert generations.live(store, "nano") == 0
    assert at_home(home, "live generation") == check, "also after an engine has looked"


def test_leftovers_of_learning_that_was_killed(home: Path, store: Store) -> None:
    (home / "generations" / ".tmp-01ARZ3NDEKTSV4RRFFQ69G5FAV").mkdir(parents=True)
    assert at_home(home, "generations").status == "warn"
    (home / "learner.pid").write_text(str(os.getpid()))  # somebody is learning: they are in use
    assert at_home(home, "generations").status == "ok"


def test_a_learner_and_an_engine_that_are_gone(home: Path, store: Store) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (home / "learner.pid").write_text(str(gone.pid))
    (home / "engine.json").write_text(json.dumps({"pid": gone.pid}))
    assert at_home(home, "learner").status == "warn"
    assert at_home(home, "engine").status == "warn"
    (home / "learner.pid").write_text(str(os.getpid()))
    assert at_home(home, "learner").found == f"process {os.getpid()} is learning"


def test_a_clock_that_was_set_back(home: Path, store: Store) -> None:
    tomorrow = time.time() + 3 * 86_400
    os.utime(home / "tear.db", (tomorrow, tomorrow))
    assert at_home(home, "clock").status == "warn"


def test_settings_that_cannot_be(home: Path) -> None:
    assert check_settings()[0].status == "ok"
    Path("tear.toml").write_text('bass = "nano"\n')
    check, base = check_settings()
    assert check.status == "fail"
    assert "Did you mean `base`?" in check.found
    assert base == "nano"
