#!/usr/bin/env bash
# What only a GPU can tell, in one unattended run of under ten minutes; results as JSON.
#
#   bash benchmarks/gpu.sh                         every benchmark, into benchmarks/results/gpu
#   OUT=folder bash benchmarks/gpu.sh turn         one of them, or several by name
#
# PYTHON   the interpreter (.venv/bin/python, else python3). It needs torch >= 2.9 built for CUDA,
#          and the other packages of pyproject.toml less textual's; trl for the peer's figures
#          (`pip install -e '.[bench]'`), unsloth for one more.
# WHEELS   where no package index can be reached: a folder of wheels for what PYTHON lacks
#          (typically peft, trl, datasets, bitsandbytes, sqlite-utils, python-ulid, fastapi,
#          pydantic-core, platformdirs, with what they need). PYTHON's own packages come first.
# MINUTES  the most that all of it may take (9.5).
# DEVICE=cpu  the same on a small model, to see that everything starts.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit

python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || python=$(command -v python3)
device=${DEVICE:-cuda}
out=${OUT:-benchmarks/results/gpu}
slack=1
[ "$device" = cuda ] || slack=6 # nobody waits for a figure there
ends=$((SECONDS + $(awk "BEGIN { print int(60 * $slack * ${MINUTES:-9.5}) }")))
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TEAR_BENCH_CACHE=${TEAR_BENCH_CACHE:-$scratch/models} # the random-weight model is made once
export PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH}
if [ -n "${WHEELS:-}" ]; then
    "$python" -m pip install -q --no-index --no-deps --target "$scratch/site" "$WHEELS"/*.whl || exit
    # A .pth-like path at the end: what the interpreter has itself is found first.
    export PYTHONPATH=$PYTHONPATH:$scratch/last
    mkdir "$scratch/last"
    printf 'import sys\nsys.path.append(%s)\n' "'$scratch/site'" >"$scratch/last/sitecustomize.py"
fi

if [ "$device" = cuda ]; then
    base=1.7b rounds=${ROUNDS:-5}
    "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' || {
        echo "no CUDA for $python; DEVICE=cpu only shows that everything starts" >&2
        exit 1
    }
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true
else
    base=nano rounds=${ROUNDS:-1}
fi

# name | most seconds | arguments
steps=(
    "learning_throughput|140|--base $base --rounds $rounds"
    "shared_prefixes|60|--base $base --rounds $rounds"
    "loss_memory|45|--rounds $rounds"
    "turn|100|--base $base --rounds $rounds"
    "alternatives|60|--base $base --rounds $rounds"
    "save_to_live|80|--base $base"
    "chat_while_learning|60|--base $base"
)

mkdir -p "$out"
failed=()
for step in "${steps[@]}"; do
    IFS='|' read -r name most arguments <<<"$step"
    most=$((most * slack))
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    left=$((ends - SECONDS))
    if [ "$left" -lt 15 ]; then
        failed+=("$name (no time left)")
        continue
    fi
    printf '\n=== %s\n' "$name"
    began=$SECONDS
    # shellcheck disable=SC2086 # several arguments
    timeout -k 10 "$((left < most ? left : most))" \
        "$python" "benchmarks/$name.py" --device "$device" $arguments --out "$out/$name.json" ||
        failed+=("$name ($?)")
    printf '(%s seconds)\n' "$((SECONDS - began))"
done

if [ ${#failed[@]} -gt 0 ]; then
    printf '\nfailed: %s\n' "${failed[*]}" >&2
    exit 1
fi
printf '\nresults: %s\n' "$out"
