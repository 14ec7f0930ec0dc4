from __future__ import annotations

import re

import pytest

from pipeline.report.bundle import bundle
from pipeline.report.html import PAGE


@pytest.fixture
def bundled(tmp_path):
    """Bundle modules given as {name: text}, from main.js on."""

    def bundled_(modules):
        for name, text in modules.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return bundle(tmp_path / "main.js")

    return bundled_


def test_each_module_comes_once_and_after_what_it_imports(bundled):
    made = bundled(
        {
            "main.js": 'import { b } from "./b.js";\nimport { c } from "./c.js";\nb(c);\n',
            "b.js": 'import {\n  c,\n  d,\n} from "./c.js";\n\nexport function b() {\n  return c + d;\n}\n',
            "c.js": "export const c = 1;\nexport let d = 2;\n",
            "unused.js": "export const e = 3;\n",
        }
    )
    assert made == (
        "// --- c.js\nconst c = 1;\nlet d = 2;\n\n"
        "// --- b.js\n\nfunction b() {\n  return c + d;\n}\n\n"
        "// --- main.js\nb(c);\n"
    )


OTHER = {"x.js": "export const a = 1;\nexport async function f() {}\nconst hidden = 2;\n"}
REFUSED = {
    "a default export": ("const b = 1;\nexport default b;\n", "main.js, line 2"),
    "a list of exports": ("const b = 1;\nexport { b };\n", "main.js, line 2"),
    "an export of another's": ('export { a } from "./x.js";\n', "main.js, line 1"),
    "a default import": ('import a from "./x.js";\n', "main.js, line 1"),
    "an import of everything": ('\nimport * as x from "./x.js";\n', "main.js, line 2"),
    "an import for its effects": ('import "./x.js";\n', "main.js, line 1"),
    "another name": ('import { a as b } from "./x.js";\n', "main.js, line 1"),
    "an import while running": ('const x = () => import("./x.js");\n', "main.js, line 1"),
    "another place": ('import { a } from "https://x.example/x.js";\n', "main.js, line 1"),
    "a folder above": ('import { a } from "../x.js";\n', "main.js, line 1"),
    "after an import of many lines": (
        'import {\n  a,\n  f,\n} from "./x.js";\nexport default a;\n',
        "main.js, line 5",
    ),
    "no such module": ('import { a } from "./y.js";\n', "main.js, line 1: there is no y.js"),
    "no such name": ('import { a, b } from "./x.js";\n', "x.js does not export b"),
    "a name that is not exported": (
        'import { hidden } from "./x.js";\n',
        "does not export hidden",
    ),
    "a name declared twice": (
        'import { f } from "./x.js";\n\nfunction hidden() {}\n',
        "main.js, line 3: x.js declares hidden too",
    ),
    "several names in one declaration": ("const [a, b] = [1, 2];\n", "main.js, line 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_syntax_is_refused_with_its_place(bundled, name):
    text, message = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        bundled({"main.js": text, **OTHER})


def test_a_circle_of_imports_is_refused(bundled):
    with pytest.raises(ValueError, match=r"^c\.js, line 2: b\.js imports this module in turn"):
        bundled(
            {
                "main.js": 'import { b } from "./b.js";\n',
                "b.js": 'import { c } from "./c.js";\nexport const b = 1;\n',
                "c.js": '// First.\nimport { b } from "./b.js";\nexport const c = 1;\n',
            }
        )


def test_the_page_is_made_of_all_its_modules():
    made = bundle(PAGE / "main.js")
    modules = re.findall(r"^// --- (\w+\.js)$", made, re.MULTILINE)
    assert sorted(modules) == sorted(path.name for path in PAGE.glob("*.js"))
    assert modules[-1] == "main.js"
    # Either would end or change the element that the script stands in.
    assert "</script" not in made and "<!--" not in made
    assert bundle(PAGE / "main.js") == made
