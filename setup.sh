#!/usr/bin/env bash
# Sets tear-tui up and runs a command in its environment.
#
#   bash setup.sh              install, and say what this machine has
#   bash setup.sh tear-tui     install what is missing, then open the app
#   bash setup.sh pytest       the same, then the tests
#
# It asks nothing, can be run again at any time, and speaks on stderr only: stdout is COMMAND's.
#
#   TEAR_TORCH=cpu|cuda        which build of torch, instead of looking for an NVIDIA GPU
#   TEAR_TORCH_INDEX=URL       a package index to look for torch in as well, such as the one of
#                              PyTorch's small CPU wheels or of those for an older CUDA driver
#   TEAR_PYTHON=PATH           the Python that .venv is made with (3.10 or newer)

set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
venv=$root/.venv
stamp=$venv/.tear-installed      # fingerprint of what the finished install was made from
unfinished=$venv/.tear-unfinished # is there while pip works: what it left half done looks whole to pip
report=$venv/.tear-report        # what the machine had when that install finished
cd -- "$root"

# The environment is its own: nothing from another Python, no pip setting that fights a venv.
unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
    say "$@"
    exit 1
}

# --- Python -----------------------------------------------------------------------------------

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

# The person's own default first; a versioned name only when that one is too old.
find_python() {
    local name without_pip=''
    set -- python3 python python3.{14,13,12,11,10}
    [ -z "${TEAR_PYTHON:-}" ] || set -- "$TEAR_PYTHON"
    for name in "$@"; do
        is_recent "$name" || continue
        if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
        without_pip=${without_pip:-$name}
    done
    if [ -n "$without_pip" ]; then
        name=$("$without_pip" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        die "$without_pip cannot make environments. On Debian and Ubuntu: sudo apt install $name"
    fi
    [ -z "${TEAR_PYTHON:-}" ] || die "TEAR_PYTHON=$TEAR_PYTHON is no Python 3.10 or newer."
    die "no Python 3.10 or newer found. Install one, or name it: TEAR_PYTHON=/path/to/python3 bash setup.sh"
}

# Scripts in an environment name the folder they were made in, so a moved checkout needs a new one.
is_usable() {
    [ ! -e "$unfinished" ] && is_recent "$venv/bin/python" && grep -qF -- "$venv" "$venv/bin/pip" 2>/dev/null
}

make_venv() {
    local python
    python=$(find_python)
    say "making .venv with $("$python" --version 2>&1)"
    rm -f "$stamp"
    "$python" -m venv --clear --without-pip "$venv" >&2
    touch "$unfinished"
    "$venv/bin/python" -m ensurepip --default-pip >/dev/null
}

# --- the install ------------------------------------------------------------------------------

# A hint of a GPU that costs nothing to look for; sees_gpu asks the driver.
gpu_hint() { [ -e /proc/driver/nvidia/version ] || command -v nvidia-smi >/dev/null; }
sees_gpu() { compgen -G '/proc/driver/nvidia/gpus/*' >/dev/null || timeout 30 nvidia-smi -L >/dev/null 2>&1; }

torch_build() {
    case ${TEAR_TORCH:-} in
        cpu | cuda) printf '%s\n' "$TEAR_TORCH" ;;
        '') if sees_gpu; then echo cuda; else echo cpu; fi ;;
        *) die "TEAR_TORCH=$TEAR_TORCH: say cpu or cuda" ;;
    esac
}

fingerprint() {
    local hint=no
    ! gpu_hint || hint=yes
    "$venv/bin/python" -I -S -c '
import hashlib, sys

print(hashlib.sha256(
    "\0".join([sys.version, *sys.argv[1:]]).encode("utf-8", "surrogateescape")
    + b"".join(open(name, "rb").read() for name in ("setup.sh", "pyproject.toml", "constraints.txt"))
).hexdigest())' "$venv" "${TEAR_TORCH:-auto, GPU hint: $hint}" "${TEAR_TORCH_INDEX:-}" 2>/dev/null
}

is_installed() { [ -e "$stamp" ] && [ ! -e "$unfinished" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ]; }

# The lock is on this file, held through a descriptor that pip inherits: a setup that was killed
# still keeps others out until its pip is gone too.
lock() {
    local python=$venv/bin/python
    is_recent "$python" || python=$(find_python)
    exec 9<setup.sh
    "$python" -c '
import fcntl, sys

try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("setup: another setup is at work here; waiting for it", file=sys.stderr, flush=True)
    fcntl.flock(9, fcntl.LOCK_EX)
except OSError:
    pass  # a file system without locks
'
}

pip_install() {
    [ -t 2 ] || set -- --quiet "$@"
    "$venv/bin/python" -m pip install --constraint constraints.txt "$@" >&2
}

# PyTorch's CPU wheels carry a +cpu suffix, and are there for those whose pip knows where.
install_torch() {
    local build=$1 version
    version=$(sed -n 's/^torch==//p' constraints.txt)
    shift
    [ -z "${TEAR_TORCH_INDEX:-}" ] || set -- --upgrade --extra-index-url "$TEAR_TORCH_INDEX"
    if [ "$build" = cuda ]; then
        pip_install "$@" "torch==$version,!=$version+cpu"
    elif pip_install --quiet --dry-run --no-deps "$@" "torch==$version+cpu" 2>/dev/null; then
        pip_install "$@" "torch==$version+cpu"
    else
        [ "$(uname -s)" != Linux ] ||
            say "taking the usual build of torch, which is large and works without a GPU too; TEAR_TORCH_INDEX can name an index of the small one"
        pip_install "$@" "torch==$version"
    fi
}

install() {
    local build made_from
    trap 'exit 130' INT TERM # an interrupted pip must not pass for one that failed and cleaned up
    build=$(torch_build)
    is_usable || make_venv
    made_from=$(fingerprint)
    rm -f "$stamp"
    touch "$unfinished"
    say "installing tear-tui with torch for $build (the first time takes some minutes)"
    # Its own pip first: the one that a system brings may be too old for what follows.
    if ! { pip_install pip setuptools && install_torch "$build" &&
        PYTHONWARNINGS=ignore pip_install --no-build-isolation --editable '.[dev]'; }; then
        rm -f "$unfinished"
        die "the install failed; pip says why above. Run this again to go on from there."
    fi
    "$venv/bin/tear-tui" doctor --machine >"$report" || true # what it finds amiss, it says
    printf '%s\n' "$made_from" >"$stamp.new"
    mv "$stamp.new" "$stamp"
    rm -f "$unfinished"
    trap - INT TERM
    cat "$report" >&2
}

# --- run --------------------------------------------------------------------------------------

case ${1:-} in
    -h | --help)
        sed -n '2,/^$/s/^# \{0,1\}//p' setup.sh
        exit 0
        ;;
    -*)
        say "unknown option $1 (bash setup.sh [COMMAND…], or --help)"
        exit 2
        ;;
esac

if ! is_installed; then
    lock
    if ! is_installed; then install; fi
    exec 9<&-
elif [ $# -eq 0 ]; then
    cat "$report" >&2
fi

if [ $# -eq 0 ]; then
    say "ready. Open the app: bash setup.sh tear-tui"
    exit 0
fi
export VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH
exec "$@"
