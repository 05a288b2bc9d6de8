"""Every example in README, documentation and docstrings runs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import dualjit

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```.*$", re.MULTILINE)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(test: doctest.DocTest):
    said: list[str] = []
    failed = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append).failed
    assert not failed, "".join(said)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_of_a_page(page):
    # A fence would be taken for expected output; an empty line ends it and keeps line numbers.
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    run(doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_python_block_is_an_example_that_runs(page):
    for block in PYTHON_BLOCK.findall(page.read_text(encoding="utf-8")):
        assert block.startswith(">>>"), block


def docstrings():
    for found in pkgutil.walk_packages(dualjit.__path__, "dualjit."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            yield from (t for t in doctest.DocTestFinder(exclude_empty=True).find(module) if t.examples)


@pytest.mark.parametrize("example", list(docstrings()), ids=lambda test: test.name)
def test_examples_of_a_docstring(example):
    run(example)


def test_interface_page_has_every_public_name():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"auto(?:function|class|data):: dualjit\.(\w+)", page))
    assert documented == set(dualjit.__all__)


def test_pages_link_to_files_that_exist():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
