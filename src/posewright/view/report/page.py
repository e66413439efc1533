"""The report as one HTML file that needs nothing else: read on a phone or a desk, in light or dark, aloud or in print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import PurePath

from posewright.types import Camera
from posewright.view.report.findings import Finding
from posewright.view.report.plots import acceleration_plot, confidence_strip, foot_plot, path_plot
from posewright.view.report.quality import PersonQuality, QualityReport, shown

# Left orange and right blue as in the overlays; confidence from orange to blue: hues that all kinds of colour vision tell apart.
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--faint:#5b6675;--paper:#fff;--card:#f4f6f8;--rule:#d5dae0;--left:#c25700;--right:#0069b4;
--c0:#b34700;--c1:#e08a3c;--c2:#efd9b4;--c3:#9cc3e0;--c4:#2b7bba}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--faint:#9aa7b5;--paper:#14181d;--card:#1e242b;--rule:#39434e;--left:#ff9d45;--right:#5cb8ff;
--c0:#ff8a2b;--c1:#c96f2a;--c2:#6b5a45;--c3:#2f5f86;--c4:#3f9be0}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:50rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.4rem;line-height:1.25;margin:.5rem 0;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:1.8rem 0 .4rem}h3{font-size:1rem;margin:1.4rem 0 .3rem}
p{margin:.3rem 0}.faint{color:var(--faint)}.verdict{font-size:1.15rem;font-weight:600}
ol{padding:0;margin:.6rem 0;list-style:none}ol li{background:var(--card);border-left:.3rem solid var(--rule);border-radius:.3rem;padding:.5rem .8rem;margin:.5rem 0}
li.serious{border-color:var(--left)}li.noticeable{border-color:var(--right)}.level{font-size:.8rem;font-weight:600;text-transform:uppercase;letter-spacing:.04em;color:var(--faint)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:.25rem .5rem;border-bottom:1px solid var(--rule);text-align:left;font-weight:400}
thead th{font-weight:600}td.number{text-align:right}
figure{margin:.3rem 0;overflow-x:auto}svg{display:block;width:100%;min-width:31rem}svg.small{min-width:0;max-width:24rem;margin:auto}figcaption{color:var(--faint);font-size:.9rem}
svg text{font:13px system-ui,sans-serif;fill:var(--ink)}svg .faint{fill:var(--faint)}.end{text-anchor:end}.middle{text-anchor:middle}
.grid,.axis,.frame{stroke:var(--rule);fill:none}.axis{stroke:var(--faint)}.line{fill:none;stroke-width:1.8;stroke:var(--ink);stroke-linejoin:round}
.line.left{stroke:var(--left)}.line.right{stroke:var(--right);stroke-dasharray:5 3}.left.fill{fill:var(--left)}.right.fill{fill:var(--right)}
.dot{fill:var(--right)}.mark{fill:var(--left)}.swap{fill:var(--ink)}.nobody{fill:var(--rule)}.c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}
.key{display:inline-block;width:.9em;height:.9em;margin:0 .25em 0 0;vertical-align:-.1em;border-radius:.15em}.word{white-space:nowrap;margin-right:.7em}
summary{cursor:pointer}
"""
_LEVELS = {"c0": "hidden", "c1": "doubtful", "c2": "half seen", "c3": "seen", "c4": "clear", "rule": "nobody found"}


def page(report: QualityReport, camera: Camera) -> str:
    """The whole document."""
    name = escape(PurePath(report.source).name)
    width, height = report.frame_size
    several = len(report.people) > 1
    people = "".join(_person(person, camera, f"Person {number}" if several else "") for number, person in enumerate(report.people, start=1))
    notes = f"<h2>Assumed and noted</h2><ul>{''.join(f'<li>{escape(note)}</li>' for note in report.notes)}</ul>" if report.notes else ""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Quality of {name}</title><style>{_STYLE}</style></head><body><header><h1>Quality of {name}</h1>"
        f'<p class="faint">{width} x {height} pixels, {report.fps:g} frames a second. Frames are those of the result, counted from 0; seconds are those of the clip.</p>'
        f"</header><main>{people}{notes}</main></body></html>\n"
    )


def _person(person: PersonQuality, camera: Camera, title: str) -> str:
    line = person.timeline
    keys = "".join(_key(colour, word) for colour, word in _LEVELS.items())
    sides = _key("left", "left (solid)") + _key("right", "right (dashed)")
    plots = (
        ("What was seen", confidence_strip(line), keys),
        ("Feet", foot_plot(line), f"Lowest point of each sole over the floor, and when it stands: {sides}"),
        ("Path from above", path_plot(line, camera), "The hips over the floor, a dot a second (fewer in long clips)."),
        ("Acceleration", acceleration_plot(line), "Mean of all joints. Hills are movement, a high floor is shaking, a spike is a jump of the pose."),
    )
    figures = "".join(f"<h3>{heading}</h3><figure tabindex='0'>{drawing}<figcaption>{caption}</figcaption></figure>" for heading, drawing, caption in plots)
    joints = [(joint.name, f"{joint.confidence:.2f}", f"{100 * joint.seen:.0f} %") for joint in person.joints]
    return (
        f"<section>{f'<h2>{title}</h2>' if title else ''}<p class=verdict>{escape(person.summary)}</p>{_verdict(person.findings)}"
        f"<h2>Through the clip</h2>{figures}"
        f"<h2>Figures</h2>{_table(('measure', 'value', 'unit'), ((m.name, shown(m), m.unit) for m in person.measures))}"
        f"<details><summary>Every joint</summary>{_table(('joint', 'mean confidence', 'frames seen'), joints)}</details></section>"
    )


def _key(colour: str, meaning: str) -> str:
    """An entry of a plot's legend."""
    return f'<span class="word"><span class="key" style="background:var(--{colour})"></span>{meaning}</span> '


def _verdict(findings: Sequence[Finding]) -> str:
    rows = "".join(f'<li class="{f.level}"><span class="level">{f.level}</span><p>{escape(f.text)}</p><p class="faint">{escape(f.advice)}</p></li>' for f in findings)
    return f"<ol>{rows}</ol>" if rows else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names the row and whose second is a number."""
    titles = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(f'<tr><th scope="row">{escape(first)}</th><td class="number">{escape(second)}</td><td>{escape(third)}</td></tr>' for first, second, third in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
