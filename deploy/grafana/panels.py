#!/usr/bin/env python3
"""Asks a Prometheus for what the panels of Grafana dashboards show. Needs nothing but Python.

  panels.py check --prometheus URL DASHBOARD.json ...            every query, and an exit code of 1 if one shows nothing
  panels.py plot  --prometheus URL --out DIR DASHBOARD.json ...  DIR/NAME.svg of each: its graphs as they are now
"""
import argparse
import json
import math
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield from panel.get("panels", [])
        if panel["type"] != "row":
            yield panel


def filled(expression, rate):
    """A query as Grafana sends it for every gateway."""
    for variable, value in (("$instance", ".*"), ("$__rate_interval", rate), ("$__interval", rate)):
        expression = expression.replace(variable, value)
    return expression


class Prometheus:
    def __init__(self, url, span, step, rate):
        self.url, self.step, self.rate = url, step, rate
        self.end = time.time()
        self.start = self.end - span

    def ask(self, expression):
        """Every line with its points, those that are no number left out."""
        asked = {"query": filled(expression, self.rate), "start": self.start, "end": self.end, "step": self.step}
        body = urllib.parse.urlencode(asked).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query_range", body, timeout=30) as answer:
                result = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error)["error"]) from error
        lines = []
        for line in result:
            points = [(at, float(value)) for at, value in line["values"]]
            points = [(at, value) for at, value in points if math.isfinite(value)]
            if points:
                lines.append((line["metric"], points))
        return lines


def check(prometheus, dashboards):
    asked = empty = 0
    for name, dashboard in dashboards:
        for panel in panels(dashboard):
            for target in panel["targets"]:
                asked += 1
                try:
                    lines, why = prometheus.ask(target["expr"]), "nothing"
                except ValueError as error:
                    lines, why = [], str(error)
                if not lines:
                    empty += 1
                    print(f"{name}: {panel['title']}: {why}: {target['expr']}", file=sys.stderr)
        for annotation in dashboard["annotations"]["list"]:
            if "expr" in annotation:
                prometheus.ask(annotation["expr"])
    print(f"{asked} queries, {empty} of them empty")
    return 0 if asked and not empty else 1


# --- pictures

WIDTH, HEIGHT, GAP, COLUMNS = 470, 280, 14, 2
# Grafana's names that the dashboards use. Green is what may be sent, and nothing else.
NAMED = {"green": "#2f9e5f", "orange": "#d9480f", "blue": "#3b82f6", "purple": "#a855f7", "red": "#e03131"}
# One colour's shades, for lines that no list names: none of them means anything.
SHADES = ["#1d4ed8", "#93c5fd", "#3b82f6", "#172554", "#60a5fa", "#1e3a8a", "#bfdbfe", "#2563eb"]
# A line of less than this share of a picture's height cannot be distinguished from the axis.
VISIBLE = 0.01
STYLE = """
 .page{fill:#f4f5f7}.card{fill:#fff;stroke:#d8dbe0}.title{fill:#1c2128;font-weight:600}.text{fill:#57606a}.grid{stroke:#e6e8eb}
 @media (prefers-color-scheme:dark){.page{fill:#0f1216}.card{fill:#181b1f;stroke:#2c3137}.title{fill:#e6e8eb}.text{fill:#9aa4af}
 .grid{stroke:#2a2f36}}"""


def shown(value, unit):
    """A value for people, in Grafana's units."""
    if unit == "s":
        for size, name in ((3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if value >= size:
                return f"{value / size:.3g} {name}"
        return "0 s" if value == 0 else f"{value * 1e9:.3g} ns"
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit in ("bytes", "Bps"):
        for size, name in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
            if value >= size:
                return f"{value / size:.3g} {name}" + ("/s" if unit == "Bps" else "")
        return f"{value:.3g} B"
    ending = "/s" if unit == "ops" else ""
    for size, name in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if name == 'k' else size):.3g} {name}{ending}"
    return f"{value:.4g}{ending}"


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def legend(form, metric):
    for label, value in metric.items():
        # A picture is of one gateway.
        form = form.replace("{{" + label + "}}", "" if label == "instance" else value)
    return form.replace("{{instance}}", "").strip()


def colours(panel):
    """How each line is coloured: by its name, else by the query that it comes from."""
    names, queries = {}, {}
    for override in panel["fieldConfig"]["overrides"]:
        colour = override["properties"][0]["value"]["fixedColor"]
        kind = names if override["matcher"]["id"] == "byName" else queries
        kind[override["matcher"]["options"]] = NAMED.get(colour, colour)
    return names, queries


def step_of(most, unit):
    """A round distance of lines for at most five of them."""
    raw = most / 4 or 1
    if unit == "s" and raw > 1:
        return next((step for step in (5, 15, 30, 60, 300, 900, 1800, 3600, 7200) if step >= raw), raw)
    if unit in ("bytes", "Bps"):
        power = 1024 ** math.floor(math.log(raw, 1024))
        return next(factor * power for factor in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1024) if factor * power >= raw)
    power = 10 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)


def graph(prometheus, panel, x, y):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    stacked = panel["fieldConfig"]["defaults"].get("custom", {}).get("stacking", {}).get("mode") == "normal"
    names, queries = colours(panel)
    lines = []
    for target in panel["targets"]:
        for metric, points in prometheus.ask(target["expr"]):
            name = legend(target["legendFormat"], metric) or panel["title"]
            lines.append((name, points, names.get(name) or queries.get(target["refId"])))
    # Those that say most come first, and a picture has room for eight that can be seen; the others are named.
    lines = sorted(lines, key=lambda line: -max(value for _, value in line[1]))
    highest = max((value for _, points, _ in lines for _, value in points), default=0)
    seen = [line for line in lines if max(value for _, value in line[1]) >= VISIBLE * highest][: len(SHADES)]
    unseen = [name for name, _, _ in lines if name not in [seen_name for seen_name, _, _ in seen]]
    shade = iter(SHADES)
    lines = [(f"{name}  {shown(points[-1][1], unit)}", points, colour or next(shade)) for name, points, colour in seen]
    if stacked:
        below, stacks = {}, []
        for name, points, _ in lines:
            base = [(at, below.get(at, 0)) for at, _ in points]
            below.update({at: below.get(at, 0) + value for at, value in points})
            stacks.append((name, [(at, below[at]) for at, _ in points], base))
    else:
        stacks = [(name, points, None) for name, points, _ in lines]
    most = max((value for _, points, _ in stacks for _, value in points), default=1) or 1
    most = max(most, panel["fieldConfig"]["defaults"].get("custom", {}).get("axisSoftMax", 0))
    step = step_of(most, unit)
    top = math.ceil(most / step) * step
    rows = (len(lines) + 1) // 2 + bool(unseen)
    left, right, ceiling, floor = x + 66, x + WIDTH - 14, y + 38, y + HEIGHT - 40 - 16 * rows

    def place(at, value):
        across = left + (at - prometheus.start) / (prometheus.end - prometheus.start) * (right - left)
        return f"{across:.1f},{floor - value / top * (floor - ceiling):.1f}"

    out = [f"<rect class='card' x='{x}' y='{y}' width='{WIDTH}' height='{HEIGHT}' rx='6'/>"]
    out.append(f"<text class='title' x='{x + 14}' y='{y + 23}' font-size='14'>{escape(panel['title'])}</text>")
    for tick in range(round(top / step) + 1):
        height = floor - tick * step / top * (floor - ceiling)
        out.append(f"<line class='grid' x1='{left}' x2='{right}' y1='{height:.1f}' y2='{height:.1f}'/>")
        label = escape(shown(tick * step, unit))
        out.append(f"<text class='text' x='{left - 8}' y='{height + 4:.1f}' text-anchor='end'>{label}</text>")
    begin = shown(round(prometheus.end - prometheus.start, -1), "s")
    out.append(f"<text class='text' x='{left}' y='{floor + 18}'>{begin} ago</text>")
    out.append(f"<text class='text' x='{right}' y='{floor + 18}' text-anchor='end'>now</text>")
    for limit in (step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]):
        if limit and limit <= top:
            ends = place(prometheus.start, limit), place(prometheus.end, limit)
            out.append(f"<polyline fill='none' stroke='#e03131' stroke-dasharray='5 4' points='{ends[0]} {ends[1]}'/>")
            limit_y = float(ends[0].split(",")[1]) - 4
            out.append(f"<text x='{right}' y='{limit_y:.1f}' text-anchor='end' fill='#e03131'>{escape(shown(limit, unit))}</text>")
    for number, (name, points, base) in enumerate(stacks):
        colour = lines[number][2]
        path = " ".join(place(at, value) for at, value in points)
        if base:
            back = " ".join(place(at, value) for at, value in reversed(base))
            out.append(f"<polygon fill='{colour}' fill-opacity='.25' points='{path} {back}'/>")
        out.append(f"<polyline fill='none' stroke='{colour}' stroke-width='1.6' stroke-linejoin='round' points='{path}'/>")
        at_x, at_y = x + 18 + number % 2 * (WIDTH - 24) / 2, floor + 42 + 16 * (number // 2)
        out.append(f"<rect x='{at_x:.0f}' y='{at_y - 8:.0f}' width='10' height='10' rx='2' fill='{colour}'/>")
        out.append(f"<text class='text' x='{at_x + 15:.0f}' y='{at_y + 1:.0f}'>{escape(name)}</text>")
    if unseen:
        rest = "too small to see: " + ", ".join(unseen)
        rest = rest if len(rest) <= 74 else rest[:72] + " …"
        out.append(f"<text class='text' x='{x + 18}' y='{floor + 43 + 16 * (rows - 1)}'>{escape(rest)}</text>")
    return out


def plot(prometheus, dashboards, out, titles):
    for name, dashboard in dashboards:
        chosen = [panel for panel in panels(dashboard) if panel["type"] == "timeseries" and (not titles or panel["title"] in titles)]
        rows = -(-len(chosen) // COLUMNS)
        width, height = COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP
        body = [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' "
            "font-family='system-ui,sans-serif' font-size='11'>",
            f"<style>{STYLE}</style>",
            f"<rect class='page' width='{width}' height='{height}' rx='8'/>",
        ]
        for number, panel in enumerate(chosen):
            row, column = divmod(number, COLUMNS)
            body += graph(prometheus, panel, GAP + column * (WIDTH + GAP), GAP + row * (HEIGHT + GAP))
        pathlib.Path(out, f"{name}.svg").write_text("\n".join([*body, "</svg>", ""]), encoding="utf-8")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=["check", "plot"])
    parser.add_argument("--prometheus", required=True, metavar="URL")
    parser.add_argument("--span", type=float, default=3600, help="seconds up to now (3600)")
    parser.add_argument("--step", type=float, default=15, help="seconds from point to point (15)")
    parser.add_argument("--rate", default="1m", help="over what a rate is taken: four scrapes at least (1m)")
    parser.add_argument("--out", help="folder of the pictures")
    parser.add_argument("--panel", action="append", help="title of a panel to plot; all of them if none is named")
    parser.add_argument("dashboards", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    prometheus = Prometheus(args.prometheus, args.span, args.step, args.rate)
    dashboards = [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in args.dashboards]
    if args.do == "check":
        return check(prometheus, dashboards)
    return plot(prometheus, dashboards, args.out, args.panel)


if __name__ == "__main__":
    sys.exit(main())
