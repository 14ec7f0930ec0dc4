"""Chromium for the tests of the report: the browser of the system, or Playwright's own."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def start_chromium():
    """A headless Chromium; skips the test, saying why, where there is none."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed (pip install '.[dev]')"
    )
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_api.sync_playwright() as playwright:
        try:
            # CI runs as root, where Chromium's own sandbox refuses to start.
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except sync_api.Error as error:
            pytest.skip(f"no Chromium: apt-get install chromium ({str(error).splitlines()[0]})")
        yield browser
        browser.close()


def expect(what):
    """Playwright's `expect`, which waits half a minute.

    `wait_for_function` would not do: the page lets nobody evaluate strings, so it works only if
    what it waits for is there at once.
    """
    from playwright import sync_api

    sync_api.expect.set_options(timeout=30_000)
    return sync_api.expect(what)
