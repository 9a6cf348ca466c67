# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two kinds of plots as SVG text, written by hand: lines over a logarithmic or even axis, and horizontal bars."""
import math
from xml.sax.saxutils import escape

COLOURS = ("#0b63b0", "#d1495b", "#2e933c", "#8a5a00", "#6a4c93", "#444444")
LEFT, RIGHT, TOP, BOTTOM = 74, 150, 44, 52


def _text(x, y, words, anchor="middle", size=12, colour="#222", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"{more}>'
            f"{escape(str(words))}</text>")


def _line(x1, y1, x2, y2, colour="#ddd", more=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'


def _page(width, height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="system-ui, sans-serif" role="img"><title>{escape(title)}</title>'
            f'<rect width="{width}" height="{height}" fill="#fff"/>{_text(width / 2, 24, title, size=15)}'
            + "\n".join(body) + "</svg>\n")


def short(value):
    """1234567 -> 1.2M"""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _even_ticks(high):
    step = 10 ** math.floor(math.log10(high / 4))
    step *= next(f for f in (1, 2, 5, 10) if high / (step * f) <= 6)
    return [i * step for i in range(int(high / step + 1e-9) + 1)]


def lines(title, x_label, y_label, xs, series, log_y=True, width=760, height=400):
    """One line for each (name, values, dashed) of series; the x values stand at even distances."""
    values = [v for _, ys, _ in series for v in ys if v]
    w, h = width - LEFT - RIGHT, height - TOP - BOTTOM
    if log_y:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        at_y = lambda v: TOP + h - (math.log10(v) - low) / max(high - low, 1) * h
        ticks = [10 ** e for e in range(low, high + 1)]
    else:
        high = max(values) * 1.1
        at_y = lambda v: TOP + h - v / high * h
        ticks = _even_ticks(high)
    at_x = lambda i: LEFT + (i + 0.5) * w / len(xs)
    body = [_line(LEFT, at_y(t), LEFT + w, at_y(t)) + _text(LEFT - 8, at_y(t) + 4, short(t), "end") for t in ticks]
    body += [_text(at_x(i), TOP + h + 20, x) for i, x in enumerate(xs)]
    body += [_line(LEFT, TOP + h, LEFT + w, TOP + h, "#444"), _text(LEFT + w / 2, height - 10, x_label),
             _text(18, TOP + h / 2, y_label, more=f' transform="rotate(-90 18 {TOP + h / 2:.0f})"')]
    colour_of = {}
    for name, ys, dashed in series:
        colour = colour_of.setdefault(name.replace(" ideal", ""), COLOURS[len(colour_of) % len(COLOURS)])
        points = [(at_x(i), at_y(v)) for i, v in enumerate(ys) if v]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        style = ' stroke-dasharray="5 4" stroke-opacity="0.6"' if dashed else ' stroke-width="2"'
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}"{style}/>')
        if not dashed:
            body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    for i, (name, _, dashed) in enumerate(series):
        y, colour = TOP + 14 + 20 * i, colour_of[name.replace(" ideal", "")]
        body.append(_line(LEFT + w + 8, y - 4, LEFT + w + 32, y - 4, colour,
                          ' stroke-dasharray="5 4"' if dashed else ' stroke-width="2"'))
        body.append(_text(LEFT + w + 38, y, name, "start"))
    return _page(width, height, title, body)


def bars(title, unit, rows, width=760):
    """One bar for each (name, value, label) of rows."""
    left, step = 210, 30
    height = TOP + step * len(rows) + 24
    scale = (width - left - 130) / max(value for _, value, _ in rows)
    body = []
    for i, (name, value, label) in enumerate(rows):
        y = TOP + step * i
        body.append(f'<rect x="{left}" y="{y}" width="{max(value * scale, 1):.1f}" height="20" fill="{COLOURS[0]}"/>')
        body += [_text(left - 8, y + 15, name, "end"), _text(left + max(value * scale, 1) + 6, y + 15, label, "start")]
    body.append(_text(left, height - 6, unit, "start", 11, "#666"))
    return _page(width, height, title, body)
