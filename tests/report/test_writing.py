"""A page as HTML and Markdown: nothing anybody wrote is taken for markup, nothing is fetched."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tear_core.corpus.opening import Refused
from tear_core.report.page import (
    MEANING,
    Claim,
    Figure,
    Page,
    Paragraph,
    Quotation,
    Section,
    Table,
)
from tear_core.report.plots import Bar, Line, intervals, lines
from tear_core.report.writing import as_html, as_markdown, write

HOSTILE = (
    "<script>document.title='taken'</script> <img src=x onerror=alert(1)> [a](javascript:b) "
    "| cell `code` *bold* # head \x1b]52;c;aGk=\x07 \u202e gnirts {{ 7*7 }} & \ud800"
)


def a_page(text: str = HOSTILE) -> Page:
    svg = lines([Line(text, ((1.0, 2.0), (2.0, None), (3.0, 1.0)))] * 2, text, text, [(2.0, text)])
    bars = intervals([Bar(text, 0.2, 0.1, 0.3, (0.1, 0.25)), Bar("none", None)], text)
    blocks = (
        Paragraph(text),
        Table((text, "n"), ((text, "1"), ("", "2")), numbers=(1,)),
        Figure("curve", svg, text),
        Figure("bars", bars, "bars"),
        Claim(text, "measured", text),
        Quotation(text, ((text, text + "\nsecond line"),)),
    )
    return Page(text, ((text, text),), (Section(text, blocks),))


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_html_has_no_script_and_fetches_nothing() -> None:
    text = as_html(a_page())
    seen = Seen()
    seen.feed(text)
    assert {tag for tag, _ in seen.tags} & {
        "script",
        "img",
        "iframe",
        "link",
        "a",
        "object",
    } == set()
    for _, attributes in seen.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "default-src 'none'" in text and "@import" not in text and "url(http" not in text
    assert "49" not in re.findall(r"gnirts (\S+ )", text)
    text.encode("utf-8")
    assert not re.search("[\x00-\x08\x1b\u202e]", text)


def test_markdown_keeps_words_words() -> None:
    text = as_markdown(a_page(), "pictures")
    assert "<script>" not in text and "<img" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows), rows
    assert "![bars](pictures/bars.svg)" in text
    quoted = [line for line in text.splitlines() if line.startswith(">")]
    assert any("second line" in line for line in quoted)


def test_the_same_data_draw_the_same_picture() -> None:
    assert a_page().figures == a_page().figures
    assert "not scored" in a_page().figures[1].svg


def test_a_dollar_sign_is_a_dollar_sign() -> None:
    assert "$x_1$" in lines([Line("a", ((0.0, 1.0), (1.0, 2.0)))], "$x_1$", "y")


def test_files_are_private_and_replaced_only_when_asked(tmp_path: Path) -> None:
    page = a_page("plain")
    (html,) = write(page, tmp_path / "out.html")
    files = write(page, tmp_path / "out.md")
    assert [path.name for path in files] == ["out.md", "curve.svg", "bars.svg"]
    for path in (html, *files):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Refused, match="exists already"):
        write(page, tmp_path / "out.html")
    write(page, tmp_path / "out.html", force=True)
    with pytest.raises(ValueError, match=r"neither \.html nor \.md"):
        write(page, tmp_path / "out.pdf")


def test_every_status_is_explained_on_the_page() -> None:
    text = as_html(a_page("plain"))
    assert all(meaning.replace("'", "&#39;") in text for meaning in MEANING.values())


@pytest.mark.slow
def test_a_browser_shows_it_and_runs_nothing(tmp_path: Path) -> None:
    browser = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if browser is None:
        pytest.skip("no Chromium here")
    (path,) = write(a_page(), tmp_path / "page.html")
    shown = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    assert "<title>taken" not in shown and "&lt;script&gt;" in shown
    assert shown.count("<svg") == 2 and "second line" in shown
