# Convenience only: every target is one command that CONTRIBUTING.md also gives.
PYTHON ?= python

.PHONY: verify test lint types site lock wheel

verify:
	$(PYTHON) -m mecopt.cli verify

test:
	$(PYTHON) -m pytest -n auto

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

site:
	$(PYTHON) tools/site.py

lock:
	uv pip compile --universal --fork-strategy fewest --all-extras --no-annotate --no-emit-index-url --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

wheel:
	$(PYTHON) -m build
