"""Certificates on a real HAProxy: files from the store, restarts, changes a second, and what requests notice.

All numbers are of one run: ratios are between rounds that take turns. HAProxy takes about a millisecond and
30 KB for each certificate at its start, and is started twice; a renewal beside requests takes about 0.4 s, and
as much again for the requests without. The full sizes, on a machine with nothing else to do:

  scripts/bench deployer --only files,comparison --certificates 100000      three minutes
  scripts/bench deployer --only restart --certificates 50000                four minutes
  scripts/bench deployer --only requests --watched 1000                     a quarter of an hour
"""

import argparse
import json
import pathlib
import subprocess
import sys

import bench_report
from bench_report import Bar


PARTS = ["files", "restart", "changes", "latency", "requests", "comparison"]


def bars_of(figures):
    bars = []

    def add(name, figure, bar, at_most=True):
        if figure in figures:
            bars.append(Bar(name, figures[figure], bar, at_most=at_most))

    add("renewals, ratio to a bare client", "renewals_ratio", 0.95, at_most=False)
    add("additions, ratio to a bare client", "additions_ratio", 0.95, at_most=False)
    add("files and crt-list from the store, seconds", "files_seconds", 60)
    add("the same, ratio to cp and sync", "files_ratio", 2)
    add("compared by listings and ledger, seconds", "comparison_seconds", 5)
    add("commands to it that were not needed", "comparison_needless_commands", 0)
    add("in sync after a restarted HAProxy listens, seconds", "restart_seconds", 3)
    add("commands to it that were not needed", "restart_needless_commands", 0)
    add("plain request p99 while renewing, ratio to idle", "p99_ratio", 1.2)
    add("hostname to proof beyond the authority, median ms", "latency_ms_median", 50)
    return bars


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench deployer", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--certificates", type=int, default=10_000, help="that HAProxy has (10000)")
    parser.add_argument("--changes", type=int, default=1_000, help="renewals, and additions (1000)")
    parser.add_argument("--latencies", type=int, default=50, help="hostnames added one by one (50)")
    parser.add_argument("--watched", type=int, default=100, help="renewals beside plain requests (100)")
    parser.add_argument("--compared", type=int, default=100_000, help="certificates in the listings (100000)")
    parser.add_argument("--only", default=",".join(PARTS), help="comma-separated parts (all: %(default)s)")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    options = parser.parse_args()
    parts = options.only.split(",")
    if not set(parts) <= set(PARTS):
        parser.error(f"--only knows {', '.join(PARTS)}")
    if options.changes > options.certificates:
        parser.error("--changes: at most --certificates, which are what is renewed")
    bench_report.needs("haproxy")
    bench_report.end_cleanly()
    command = [options.build / "bench" / "bench_deployer", options.certificates, options.changes, options.latencies,
               options.watched, options.compared, *parts]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("the benchmark failed; the lines above say why")
    figures = json.loads(done.stdout)
    bars = bars_of(figures)
    report = {"machine": bench_report.machine(), "certificates": options.certificates, "changes": options.changes,
              "figures": figures}
    if options.json:
        bench_report.print_json(report, bars)
    else:
        print(f"{options.certificates} certificates, {bench_report.machine()}")
        bench_report.print_bars(bars)
    sys.exit(0 if all(bar.met for bar in bars) else 1)


main()
