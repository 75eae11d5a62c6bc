# Recipes for people who work on backstay; `just --list` shows them.

# What `setup` installed comes first
export PATH := justfile_directory() / ".venv/bin:" + env_var("PATH")

# A development environment in .venv
setup:
    python3 -m venv .venv
    .venv/bin/pip install --quiet --upgrade pip
    .venv/bin/pip install --quiet --editable '.[test,lint]'

# Linters, types, import contracts
lint:
    ruff check .
    ruff format --check .
    mypy
    lint-imports

# The inner loop: everything but the real components
test:
    pytest -m "not e2e"

# Everything, real components included
test-all:
    pytest --hypothesis-profile=thorough

# Write what is generated: schema, overlays, golden trees, rule pages
bless: docs
    backstay schema
    backstay compile

# What CI checks of the example fleet
check:
    backstay check
    backstay compile --check

compile:
    backstay compile

# Planned against a revision: just diff main
diff rev="HEAD":
    backstay diff --against {{rev}}

docs:
    python tools/docs.py

# Build what `backstay prove jobs` runs: just components DIR
components dir:
    python tools/components.py {{dir}}

bench:
    python bench/run.py

# Everything that CI runs
ci:
    .ci/run
