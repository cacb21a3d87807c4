"""setup.sh: installs once, says what is wrong, survives being killed, then runs the command."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.setup.conftest import ROOT, Checkout

no_gpu = pytest.mark.skipif(
    Path("/proc/driver/nvidia").exists(), reason="this machine has a GPU of its own"
)


def torch_calls(checkout: Checkout) -> list[str]:
    return [call for call in checkout.calls if "torch==" in call]


def installs(checkout: Checkout) -> int:
    return sum("--editable" in call for call in checkout.calls)


def test_it_installs_from_pins_and_runs_the_command(checkout: Checkout, tmp_path: Path) -> None:
    done = checkout.run("bash", "-c", "pwd; echo $VIRTUAL_ENV", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(checkout.root), str(checkout.venv)]
    assert "ok  a machine" in done.stderr
    assert checkout.calls[0] == "venv"
    assert all("--constraint constraints.txt" in call for call in checkout.calls[1:])
    assert "--editable .[dev]" in checkout.calls[-1]


def test_the_second_run_does_not_install(checkout: Checkout) -> None:
    checkout.run("true")
    before = checkout.calls
    started = time.monotonic()
    done = checkout.run("echo", "hello")
    assert time.monotonic() - started < 2
    assert (done.stdout, done.stderr) == ("hello\n", "")
    assert checkout.calls == before


def test_without_a_command_it_says_again_what_it_found(checkout: Checkout) -> None:
    checkout.run()
    done = checkout.run()
    assert done.returncode == 0
    assert done.stdout == ""
    assert "ok  a machine" in done.stderr
    assert "bash setup.sh tear-tui" in done.stderr
    assert installs(checkout) == 1


@pytest.mark.parametrize("name", ["setup.sh", "pyproject.toml", "constraints.txt"])
def test_it_installs_again_when_its_inputs_change(checkout: Checkout, name: str) -> None:
    checkout.run("true")
    with (checkout.root / name).open("a") as file:
        file.write("\n# changed\n")
    assert checkout.run("true").returncode == 0
    assert installs(checkout) == 2
    assert checkout.calls.count("venv") == 1


def test_the_command_has_the_last_word(checkout: Checkout) -> None:
    assert checkout.run("bash", "-c", "exit 7").returncode == 7
    assert checkout.run("bash", "-c", "exit 8").returncode == 8
    assert checkout.run("no-such-command").returncode == 127


def test_the_environment_is_its_own(checkout: Checkout) -> None:
    script = "echo ${PYTHONPATH-none} ${PYTHONHOME-none}; command -v python"
    done = checkout.run("bash", "-c", script, PYTHONPATH="/elsewhere", PIP_USER="1")
    assert done.stdout.splitlines() == ["none none", str(checkout.venv / "bin" / "python")]


def test_an_install_that_was_killed_is_made_anew(checkout: Checkout) -> None:
    killed = checkout.run("true", FAKE_PIP="kill -9 $PPID")
    assert killed.returncode == -signal.SIGKILL
    assert not checkout.stamp.exists()
    assert checkout.run("true").returncode == 0
    assert checkout.calls.count("venv") == 2
    assert checkout.stamp.exists()


def test_an_install_that_was_interrupted_is_made_anew(checkout: Checkout) -> None:
    stopped = checkout.run("true", FAKE_PIP="kill -TERM $PPID; exit 1")
    assert stopped.returncode == 130
    assert not checkout.stamp.exists()
    assert checkout.run("true").returncode == 0
    assert checkout.calls.count("venv") == 2


def test_an_install_that_failed_goes_on_from_there(checkout: Checkout) -> None:
    failed = checkout.run("true", FAKE_PIP="echo no network >&2; exit 1")
    assert failed.returncode == 1
    assert "no network" in failed.stderr
    assert "the install failed" in failed.stderr
    assert not checkout.stamp.exists()
    assert checkout.run("true").returncode == 0
    assert checkout.calls.count("venv") == 1


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.run("true")
    checkout.root = checkout.root.rename(checkout.root.with_name("moved here"))
    assert checkout.run("true").returncode == 0
    assert checkout.calls.count("venv") == 2


def test_two_at_once_install_once(checkout: Checkout) -> None:
    first = checkout.start("echo", "first", FAKE_PIP="sleep 0.5")
    deadline = time.monotonic() + 20
    while len(checkout.calls) < 2:  # the environment is made and pip is at work
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = checkout.start("echo", "second")
    outputs = [each.communicate(timeout=60) for each in (first, second)]
    assert [out for out, _ in outputs] == ["first\n", "second\n"]
    assert "another setup is at work" in outputs[1][1]
    assert installs(checkout) == 1


def test_no_python(bare_checkout: Checkout) -> None:
    done = bare_checkout.run("true")
    assert done.returncode == 1
    assert "no Python 3.10 or newer found" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_python_too_old(checkout: Checkout) -> None:
    done = checkout.run("true", FAKE_PYTHON='[[ "$*" != *"(3, 10)"* ]] || exit 1')
    assert done.returncode == 1
    assert "no Python 3.10 or newer found" in done.stderr


def test_a_newer_python_is_found_behind_an_old_default(checkout: Checkout) -> None:
    checkout.put("python3.12", (checkout.bin / "python3").read_text())
    checkout.put("python3", "#!/bin/bash\nexit 1\n")
    assert checkout.run("true").returncode == 0


def test_a_python_that_was_named(checkout: Checkout) -> None:
    shutil.copy(checkout.bin / "python3", checkout.bin / "special")
    assert checkout.run("true", TEAR_PYTHON=str(checkout.bin / "special")).returncode == 0
    shutil.rmtree(checkout.venv)
    done = checkout.run("true", TEAR_PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "TEAR_PYTHON=/no/such/python" in done.stderr


def test_a_python_without_venv_names_the_package(checkout: Checkout) -> None:
    done = checkout.run("true", FAKE_PYTHON='[[ "$*" != *ensurepip* ]] || exit 1')
    assert done.returncode == 1
    assert "sudo apt install python3." in done.stderr
    assert "-venv" in done.stderr


@no_gpu
def test_no_gpu_takes_the_cpu_build(checkout: Checkout) -> None:
    checkout.run("true")
    assert torch_calls(checkout)[-1].endswith("+cpu")


def test_no_cpu_wheel_takes_the_usual_build_and_says_so(checkout: Checkout) -> None:
    done = checkout.run("true", TEAR_TORCH="cpu", FAKE_PIP='[[ "$*" != *--dry-run* ]] || exit 1')
    assert done.returncode == 0
    assert "TEAR_TORCH_INDEX" in done.stderr
    assert "+cpu" not in torch_calls(checkout)[-1]


@no_gpu
@pytest.mark.parametrize(("works", "cuda"), [(True, True), (False, False)])
def test_a_gpu_takes_the_cuda_build(checkout: Checkout, works: bool, cuda: bool) -> None:
    checkout.put("nvidia-smi", f"#!/bin/bash\nexit {0 if works else 9}\n")
    assert checkout.run("true").returncode == 0
    assert ("!=" in torch_calls(checkout)[-1]) is cuda


def test_the_build_can_be_chosen(checkout: Checkout) -> None:
    checkout.run("true")
    index = "file:///some/index"
    assert checkout.run("true", TEAR_TORCH="cuda", TEAR_TORCH_INDEX=index).returncode == 0
    assert f"--extra-index-url {index}" in torch_calls(checkout)[-1]
    assert "!=" in torch_calls(checkout)[-1]
    wrong = checkout.run("true", TEAR_TORCH="tpu")
    assert wrong.returncode == 1
    assert "say cpu or cuda" in wrong.stderr


def test_help_and_a_wrong_option(bare_checkout: Checkout) -> None:
    shown = bare_checkout.run("--help")
    assert shown.returncode == 0
    assert "TEAR_TORCH_INDEX=URL" in shown.stdout
    assert bare_checkout.run("--frobnicate").returncode == 2


@pytest.mark.parametrize("script", ["setup.sh", ".ci/run"])
def test_the_scripts_are_sound(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / script], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", ROOT / script], check=True)
