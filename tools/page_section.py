"""A section of a page under docs/results/, written anew by the tool that measures it."""

from __future__ import annotations

from pathlib import Path

MARK = "<!-- {} -->"


def replace_section(page: Path, title: str, text: str) -> None:
    """Put `text` between the marks `<!-- title -->` and `<!-- end of title -->` of a page; both are added at its end where they are missing."""
    begin, end = MARK.format(title), MARK.format(f"end of {title}")
    content = page.read_text(encoding="utf-8") if page.is_file() else ""
    if begin not in content:
        content = f"{content.rstrip()}\n\n{begin}\n{end}\n"
    before, _, rest = content.partition(begin)
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")
