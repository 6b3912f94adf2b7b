"""Certificates on a real HAProxy: files from the store, restarts, changes a second, and what requests notice.

All numbers are of one run: ratios are between rounds that take turns. `--certificates 50000` is what the bar of
the restart is about, 100000 that of the files; HAProxy itself takes about a millisecond and 30 KB for each at
its start, and it is started twice.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import bench_report
from bench_report import Bar


def bars_of(figures):
    return [
        Bar("renewals, ratio to a bare client", figures["renewals_ratio"], 0.95),
        Bar("additions, ratio to a bare client", figures["additions_ratio"], 0.95),
        Bar("files and crt-list from the store, seconds", figures["files_seconds"], 60, at_most=True),
        Bar("the same, ratio to cp and sync", figures["files_seconds"] / figures["copy_seconds"], 2, at_most=True),
        Bar("in sync after a restarted HAProxy listens, seconds", figures["restart_seconds"], 3, at_most=True),
        Bar("commands to it that were not needed", figures["restart_needless_commands"], 0, at_most=True),
        Bar("plain request p99 while renewing, ratio to idle", figures["p99_ratio"], 1.2, at_most=True),
        Bar("hostname to proof beyond the authority, median ms", figures["latency_ms_median"], 50, at_most=True),
    ]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench deployer", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--certificates", type=int, default=10_000, help="that HAProxy has (10000)")
    parser.add_argument("--changes", type=int, default=1_000, help="renewals, and additions (1000)")
    parser.add_argument("--latencies", type=int, default=50, help="hostnames added one by one (50)")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    options = parser.parse_args()
    bench_report.needs("haproxy")
    bench_report.end_cleanly()
    command = [options.build / "bench" / "bench_deployer", options.certificates, options.changes, options.latencies]
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
