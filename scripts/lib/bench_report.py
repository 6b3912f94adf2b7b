"""What all benchmarks have in common: programs under test, bars, and a chart."""

import html
import json
import os
import pathlib
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass


class Program:
    """A program that prints `ready` and its address; ended by its pid."""

    def __init__(self, command):
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        word, _, self.address = self.process.stdout.readline().strip().partition(" ")
        if word != "ready":
            sys.exit(f"{command[0]} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def memory_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def cpu_seconds(pid):
    """Of all threads, from the start."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@dataclass
class Bar:
    """One promise: `value` has to reach `bar`, or to stay below it."""

    name: str
    value: float
    bar: float
    at_most: bool = False

    @property
    def met(self):
        return self.value <= self.bar if self.at_most else self.value >= self.bar

    def as_json(self):
        return asdict(self) | {"value": round(self.value, 4), "met": self.met}

    def as_row(self):
        sign = "≤" if self.at_most else "≥"
        return f"| {self.name} | {self.value:.3g} | {sign} {self.bar:g} | {'yes' if self.met else '**no**'} |"


def machine():
    return f"{os.cpu_count()} CPUs, Linux {platform.release()}"


def progress(text):
    print(text, file=sys.stderr, flush=True)


def print_bars(bars):
    print("\n| bar | measured | wanted | met |\n|---|---|---|---|")
    for bar in bars:
        print(bar.as_row())


def print_json(report, bars):
    print(json.dumps(report | {"bars": [bar.as_json() for bar in bars]}, indent=2, ensure_ascii=False))


ROW = 26        # pixels
LABELS = 330
WIDTH = 400     # of the value 1.0
COLOURS = """text { font: 13px sans-serif; fill: #222 } .bar { fill: #3b7dd8 } .wanted { stroke: #d33; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .bar { fill: #6aa5f0 } .wanted { stroke: #f77 } }"""


def write_chart(path, title, rows):
    """An SVG of ratios: rows of (label, ratio, bar or None), a line where the bar is."""
    drawn = []
    for number, (label, value, wanted) in enumerate(rows):
        y = 40 + number * ROW
        drawn.append(f'<text x="{LABELS - 8}" y="{y + 14}" text-anchor="end">{html.escape(label)}</text>'
                     f'<rect class="bar" x="{LABELS}" y="{y}" width="{min(value, 1.4) * WIDTH:.0f}" height="18"/>'
                     f'<text x="{LABELS + min(value, 1.4) * WIDTH + 6:.0f}" y="{y + 14}">{value:.2f}</text>')
        if wanted is not None:
            x = LABELS + wanted * WIDTH
            drawn.append(f'<line class="wanted" x1="{x:.0f}" x2="{x:.0f}" y1="{y - 3}" y2="{y + 21}"/>')
    height = 48 + len(rows) * ROW
    width = LABELS + int(1.4 * WIDTH) + 60
    pathlib.Path(path).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{COLOURS}</style><text x="8" y="20" font-weight="bold">{html.escape(title)}</text>'
        + "".join(drawn) + "</svg>\n")
