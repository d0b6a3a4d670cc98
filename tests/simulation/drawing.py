"""drawing.py - plots as SVG, by hand: panels with axes, lines and a legend, light and dark

A picture has its own background and follows the reader's colour scheme.
"""
import html
import math

WIDTH, PANEL, LEFT, RIGHT, TOP, BETWEEN, BOTTOM = 760, 210, 64, 32, 64, 68, 34
STYLE = """
svg{--paper:#fff;--ink:#1f2328;--soft:#59636e;--rule:#d8dee4;--band:#f3eee0;
--ours:#0a6bc2;--other:#c4540c;--third:#1a7f4e}
@media (prefers-color-scheme:dark){svg{--paper:#0f141a;--ink:#e6edf3;--soft:#9aa5b1;--rule:#2f3742;
--band:#2a2619;--ours:#5aaef7;--other:#f2975a;--third:#56c98d}}
text{font:12px system-ui,sans-serif;fill:var(--ink)}
.paper{fill:var(--paper)}.title{font-size:15px;font-weight:600}.soft{fill:var(--soft)}
.rule{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}.band{fill:var(--band)}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.ours{stroke:var(--ours)}.other{stroke:var(--other)}.third{stroke:var(--third)}
.reference{stroke-dasharray:2 4;stroke-width:2.5;stroke-linecap:round;opacity:.75}
"""


class Axis:
    """From low to high, with labelled ticks {value: label}; a logarithmic one has no zero."""

    def __init__(self, low, high, ticks, label, is_log=False):
        self.low, self.high, self.label, self.is_log = low, high, label, is_log
        self.ticks = ticks if isinstance(ticks, dict) else {t: f"{t:,g}" for t in ticks}

    def place(self, value):
        """0 at the low end, 1 at the high end; what is outside stands at the edge."""
        value = min(max(value, self.low), self.high)
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


class Panel:
    """Lines over two axes; a band marks a stretch of x."""

    def __init__(self, x, y, band=None):
        self.x, self.y, self.band, self.lines = x, y, band, []

    def line(self, label, style, points):
        self.lines.append((label, style, list(points)))
        return self


def text(x, y, words, style="", anchor="start"):
    return f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">{html.escape(words)}</text>'


def stroke(x1, y1, x2, y2, style):
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{style}"/>'


def draw_panel(panel, top):
    def x_of(value):
        return round(LEFT + panel.x.place(value) * (WIDTH - LEFT - RIGHT), 1)

    def y_of(value):
        return round(top + PANEL - panel.y.place(value) * PANEL, 1)

    if panel.band:
        start, end, words = panel.band
        width = x_of(end) - x_of(start)
        yield f'<rect x="{x_of(start):g}" y="{top}" width="{width:g}" height="{PANEL}" class="band"/>'
        yield text(x_of(start) + 6, top + 15, words, "soft")
    for value, label in panel.y.ticks.items():
        yield stroke(LEFT, y_of(value), WIDTH - RIGHT, y_of(value), "rule")
        yield text(LEFT - 8, y_of(value) + 4, label, "soft", "end")
    for value, label in panel.x.ticks.items():
        yield stroke(x_of(value), top + PANEL, x_of(value), top + PANEL + 4, "axis")
        yield text(x_of(value), top + PANEL + 18, label, "soft", "middle")
    yield stroke(LEFT, top + PANEL, WIDTH - RIGHT, top + PANEL, "axis")
    yield text(WIDTH - RIGHT, top + PANEL + 34, panel.x.label, "soft", "end")
    yield text(LEFT - 8, top - 14, panel.y.label, "soft")
    for _, style, points in panel.lines:
        places = " ".join(f"{x_of(x):g},{y_of(y):g}" for x, y in points)
        yield f'<polyline class="line {style}" points="{places}"/>'


def draw_legend(panels, y):
    """Each label once, in a row."""
    x = LEFT
    for label, style in dict.fromkeys((label, style) for p in panels for label, style, _ in p.lines):
        yield stroke(x, y - 4, x + 26, y - 4, f"line {style}")
        yield text(x + 32, y, label)
        x += 32 + 6.6 * len(label) + 24


def picture(title, description, panels):
    height = TOP + len(panels) * (PANEL + BETWEEN) + BOTTOM - 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" class="paper"/>',
        text(LEFT - 8, 24, title, "title"),
        *draw_legend(panels, 46),
    ]
    for i, panel in enumerate(panels):
        parts += draw_panel(panel, TOP + 24 + i * (PANEL + BETWEEN))
    return "\n".join([*parts, "</svg>", ""])
