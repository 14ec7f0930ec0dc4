# What CI runs, for a checkout with its own environment in .venv; CONTRIBUTING.md has the lines for
# Windows.
python ?= .venv/bin/python
BIOME = npx --yes @biomejs/biome@2.6.8

.PHONY: help install check lint types layers javascript test lock

help:  ## Show these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

install:  ## Make .venv with everything that contributors need
	python3 -m venv .venv
	.venv/bin/pip install --quiet -c constraints.txt -e '.[dev]'

check: lint types layers javascript test  ## Everything that CI checks

lint:  ## Style and formatting of the Python code
	$(python) -m ruff check .
	$(python) -m ruff format --check .

types:  ## Types
	$(python) -m mypy

layers:  ## A folder imports only from those below it
	$(dir $(python))lint-imports

javascript:  ## Style and formatting of the report's scripts; needs Node
	$(BIOME) check --error-on-warnings --config-path=.ci pipeline/report/page

test:  ## All tests
	$(python) -m pytest -n auto --dist loadfile

lock:  ## Bring constraints.txt up to date: the versions an install gets
	$(python) -m uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-header \
	  --no-annotate --extra dev --extra notebooks --extra ocr --extra pdfium --extra fetch --extra cluster \
	  --extra store pyproject.toml --output-file constraints.txt
