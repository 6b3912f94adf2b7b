"""What all benchmarks have in common: programs under test, bars, and a chart."""

import html
import json
import os
import pathlib
import platform
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass


class Program:
    """A program that prints `ready` and its address; ended by its pid."""

    def __init__(self, command, seconds=120):
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        try:
            readable, _, _ = select.select([self.process.stdout], [], [], seconds)
            word, _, self.address = (self.process.stdout.readline() if readable else "").strip().partition(" ")
            if word != "ready":
                sys.exit(f"{command[0]} did not start")
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

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


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}; scripts/install-deps test installs all that is needed")


def end_cleanly():
    """Lets SIGTERM end the programs that were started too, as an interrupt does."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


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
WIDTH = 440     # of the value 1.0
MOST = 1.2      # longer ones are cut, their number is right
COLOURS = """text { font: 13px sans-serif; fill: #222 } .paper { fill: #fff } .bar { fill: #3b7dd8 }
.one { stroke: #999; stroke-dasharray: 3 3 } .wanted { stroke: #c22; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #ddd } .paper { fill: #16191d } .bar { fill: #4a86cf } .one { stroke: #888 } .wanted { stroke: #ff8a80 } }"""


def write_chart(path, title, rows):
    """An SVG of ratios: rows of (label, ratio, bar or None), a line where the bar is.

    It brings its own background, so that it can be read wherever it is shown."""
    right = LABELS + int(MOST * WIDTH)
    bottom = 42 + len(rows) * ROW
    width, height = right + 60, bottom + 26
    drawn = []
    for number, (label, value, wanted) in enumerate(rows):
        y = 40 + number * ROW
        drawn.append(f'<text x="{LABELS - 8}" y="{y + 14}" text-anchor="end">{html.escape(label)}</text>'
                     f'<rect class="bar" x="{LABELS}" y="{y}" width="{min(value, MOST) * WIDTH:.0f}" height="18"/>'
                     f'<text x="{right + 48}" y="{y + 14}" text-anchor="end">{value:.2f}</text>')
        if wanted is not None:
            x = LABELS + wanted * WIDTH
            drawn.append(f'<line class="wanted" x1="{x:.0f}" x2="{x:.0f}" y1="{y - 3}" y2="{y + 21}"/>')
    one = LABELS + WIDTH
    drawn.append(f'<line class="one" x1="{one}" x2="{one}" y1="34" y2="{bottom}"/>'
                 f'<text x="{one}" y="{bottom + 16}" text-anchor="middle">1.00</text>')
    if any(wanted is not None for _, _, wanted in rows):
        drawn.append(f'<line class="wanted" x1="{LABELS}" x2="{LABELS}" y1="{bottom + 3}" y2="{bottom + 19}"/>'
                     f'<text x="{LABELS + 8}" y="{bottom + 16}">to be reached</text>')
    name = html.escape(title)
    pathlib.Path(path).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f'<title>{name}</title><style>{COLOURS}</style><rect class="paper" width="{width}" height="{height}"/>'
        f'<text x="8" y="20" font-weight="bold">{name}</text>' + "".join(drawn) + "</svg>\n")
