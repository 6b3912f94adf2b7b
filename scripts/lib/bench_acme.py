"""Planning for 100,000 hostnames: what the limits of a default Let's Encrypt account allow, how much
of it we reach on a virtual clock, and what the scheduler costs with a real database; and certificates
a second against a real Pebble, beside lego."""

import argparse
import json
import pathlib
import subprocess
import tempfile

import bench_pebble
from bench_report import Bar, end_cleanly, machine, print_bars, print_json, write_chart


def run_issuer(build, names, names_per_certificate):
    """The real issuer against the fake CA, on a virtual clock."""
    with tempfile.TemporaryDirectory() as folder:
        words = [build / "bench/acme_issuer_bench", str(names), str(names_per_certificate), folder]
        return json.loads(subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout)


def issuer_bars(one, packed):
    return [
        Bar(f"issuer: part of the bucket used, {one['names']:,} names", one["bucket_used"], 0.95),
        Bar("issuer: refusals (429 and 503), all runs",
            sum(run["refusals"] + run["overloads"] for run in (one, packed)), 0, at_most=True),
        Bar(f"issuer: hours for {packed['names']:,} names, 100 a certificate", packed["hours"], 10, at_most=True),
    ]


def bars_of(measured):
    one, packed, half = measured["one_name"], measured["hundred_names"], measured["half_dead"]
    return [
        Bar("part of the bucket used, 100,000 names", one["bucket_used"], 0.95),
        Bar("refusals (429), all runs", one["refusals"] + packed["refusals"] + half["refusals"], 0, at_most=True),
        Bar("hours, 100 names a certificate", packed["hours"], 10, at_most=True),
        Bar("part of the bucket used until 50,000 good of 100,000 names are served", half["bucket_used"], 0.95),
        Bar("restart to ready, seconds", measured["ready_seconds"], 10, at_most=True),
        Bar("resident memory, MB", measured["resident_mb"], 1024, at_most=True),
        Bar("scheduler tick, 100,000 names waiting, ms", measured["tick_ms"], 1, at_most=True),
    ]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench acme", description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--svg", metavar="FILE", help="draw the parts of the bucket that were used")
    parser.add_argument("--certificates", type=int, default=300, help="against Pebble; 0 leaves that out")
    parser.add_argument("--names", type=int, default=3_000,
                        help="for the whole issuer on a virtual clock, about 10 ms each; 0 leaves that out")
    options = parser.parse_args()
    end_cleanly()
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([options.build / "bench/acme_bench", folder], check=True, text=True, stdout=subprocess.PIPE)
    measured = json.loads(run.stdout)
    bars = bars_of(measured)
    if options.names:
        measured["issuer"] = run_issuer(options.build, options.names, 1)
        measured["issuer_packed"] = run_issuer(options.build, options.names, 100)
        bars += issuer_bars(measured["issuer"], measured["issuer_packed"])
    if options.certificates:
        measured["pebble"], more = bench_pebble.measure(options.build / "agent/acme-spoa", options.certificates)
        bars += more
    if options.svg:
        rows = [(bar.name, bar.value, bar.bar) for bar in bars if bar.name.startswith("part")]
        write_chart(options.svg, "Part of the account's limit that was used", rows)
    if options.json:
        print_json({"machine": machine(), "measured": measured}, bars)
    else:
        print_bars(bars)


if __name__ == "__main__":
    main()
