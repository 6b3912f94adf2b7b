"""The SPOP server against a constant-answer sink: pairs of runs, medians of their ratios.

Both answer the same load over the same kind of socket, one right after the other, so that whatever
else the machine does hits both alike. A ratio is the agent's ACKs a second by the sink's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import bench_report
import spop_peer


@dataclass
class Case:
    connections: int
    in_flight: int
    bar: float
    latency_bar: float | None = None  # of the 99.9th percentile

    @property
    def name(self):
        return f"{self.connections}×{self.in_flight}"


CASES = [Case(1, 1, 0.93), Case(16, 1, 0.93, latency_bar=1.3), Case(4, 16, 0.88), Case(16, 64, 0.72)]
UPDATES_CASE = Case(4, 16, 0.95)
MEMORY_BAR_MB = 150
HOSTNAME_BAR_BYTES = 100
RESTART_BAR_S = 1.0


class Bench:
    def __init__(self, programs, folder, options):
        self.programs = programs
        self.folder = folder
        self.options = options
        self.addresses = 0
        self.sizes = ["--hostnames", str(options.hostnames), "--tokens", str(options.tokens)]

    def new_address(self, transport):
        self.addresses += 1
        return "127.0.0.1:0" if transport == "tcp" else f"unix@{self.folder}/{self.addresses}.sock"

    def sink(self, transport):
        return bench_report.Program([f"{self.programs}/bench_spop_sink", "--listen", self.new_address(transport), "--cpu", "0"])

    def agent(self, transport, updates=0):
        return bench_report.Program([f"{self.programs}/bench_spop_agent", "--listen", self.new_address(transport), "--cpu", "0",
                       "--snapshot", f"{self.folder}/snapshot", "--updates", str(updates),
                       "--update-cpu", str(self.load_cpu(UPDATES_CASE)), *self.sizes])

    def load_cpu(self, case):
        # One frame at a time between two virtual CPUs measures the hypervisor's wake-ups.
        shares = self.options.one_cpu or case.name == "1×1" or os.cpu_count() == 1
        return 0 if shares else 1

    def load(self, case, server, answers):
        before = server.cpu_seconds()
        result = json.loads(subprocess.run(
            [f"{self.programs}/bench_spop_load", "--connect", server.address, "--answers", answers,
             "--connections", str(case.connections), "--in-flight", str(case.in_flight),
             "--milliseconds", str(self.options.milliseconds), "--cpu", str(self.load_cpu(case)), *self.sizes],
            stdout=subprocess.PIPE, check=True, timeout=self.options.milliseconds / 1000 + 60).stdout)
        result["acks_per_second"] = result["acks"] / result["seconds"]
        result["cpu_us"] = (server.cpu_seconds() - before) * 1e6 / result["total_acks"]
        return result

    def compare(self, case, agent, other, other_answers):
        """Alternating runs of both; medians of what each did and of the pairs' ratios."""
        runs = [(self.load(case, agent, "lookup"), self.load(case, other, other_answers))
                for _ in range(self.options.pairs)]

        def medians(side):
            keys = ("acks_per_second", "cpu_us", "p50_us", "p99_us", "p999_us", "max_us")
            return {key: statistics.median(run[side][key] for run in runs) for key in keys}

        def ratio(key):
            return statistics.median(agent_run[key] / other_run[key] for agent_run, other_run in runs)

        return {"agent": medians(0), "other": medians(1), "ratio": ratio("acks_per_second"),
                "cpu_ratio": 1 / ratio("cpu_us"), "p999_ratio": ratio("p999_us")}

    def against_the_sink(self, transport):
        """All cases, and the agent's memory after them."""
        results = []
        with self.agent(transport) as agent, self.sink(transport) as sink:
            for case in CASES:
                result = self.compare(case, agent, sink, "constant")
                result |= {"transport": transport, "case": case.name, "bar": case.bar,
                           "latency_bar": case.latency_bar, "one_cpu": self.load_cpu(case) == 0}
                results.append(result)
                bench_report.progress(f"{transport} {case.name}: {result['ratio']:.2f}")
            return results, agent.memory_mb()

    def under_updates(self):
        with self.agent("unix", updates=1000) as busy, self.agent("unix") as quiet:
            ratio = self.compare(UPDATES_CASE, busy, quiet, "lookup")["ratio"]
        bench_report.progress(f"1,000 updates a second: {ratio:.2f}")
        return ratio

    def memory_without_hostnames(self):
        with bench_report.Program([f"{self.programs}/bench_spop_agent", "--listen", self.new_address("unix"),
                                   "--hostnames", "0", "--tokens", str(self.options.tokens)]) as agent:
            return agent.memory_mb()

    def restart(self):
        """Seconds from starting the program to the first right answer, from the snapshot."""
        start = time.monotonic()
        with self.agent("unix") as agent:
            peer = spop_peer.Peer(agent.address.removeprefix("unix@"))
            peer.greet()
            answer = peer.ask(b"www.customer-7.hosting.example")
            peer.close()
            if b"ready" not in answer:
                sys.exit(f"the restarted agent answered {answer!r}")
            return time.monotonic() - start


def print_table(report):
    print(f"{report['machine']}; {report['hostnames']:,} hostnames, {report['tokens']:,} tokens; "
          f"medians of {report['pairs']} alternating pairs of {report['milliseconds']} ms\n")
    print("| socket | C×W | agent ACKs/s | sink ACKs/s | ratio | CPU µs a frame: agent / sink "
          "| p50 µs | p99 µs | p99.9 µs | max µs |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for result in report["cases"]:
        agent, sink = result["agent"], result["other"]
        name = result["case"] + (" (one CPU)" if result["one_cpu"] else "")
        pairs = [f"{agent[key]:.0f} / {sink[key]:.0f}" for key in ("p50_us", "p99_us", "p999_us", "max_us")]
        print(f"| {result['transport']} | {name} | {agent['acks_per_second']:,.0f} "
              f"| {sink['acks_per_second']:,.0f} | {result['ratio']:.2f} "
              f"| {agent['cpu_us']:.2f} / {sink['cpu_us']:.2f} | {' | '.join(pairs)} |")


def bars_of(report):
    bars = [bench_report.Bar(f"{each['case']}, {each['transport']}: by the sink's", each["ratio"], each["bar"])
            for each in report["cases"]]
    bars += [bench_report.Bar(f"p99.9 at {each['case']}, {each['transport']}: by the sink's", each["p999_ratio"],
                              each["latency_bar"], at_most=True) for each in report["cases"] if each["latency_bar"]]
    return bars + [
        bench_report.Bar("1,000 updates/s at 4×16: by the same without", report["updates_ratio"], UPDATES_CASE.bar),
        bench_report.Bar("memory in MB", report["memory_mb"], MEMORY_BAR_MB, at_most=True),
        bench_report.Bar("bytes a hostname", report["bytes_a_hostname"], HOSTNAME_BAR_BYTES, at_most=True),
        bench_report.Bar("seconds from a restart with a snapshot to the first answer", report["restart_s"], RESTART_BAR_S,
                         at_most=True)]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench spop", description=__doc__)
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--svg", metavar="FILE", help="draw the ratios")
    parser.add_argument("--one-cpu", action="store_true", help="agent and load on one CPU in every case")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--milliseconds", type=int, default=1500, help="of each run")
    parser.add_argument("--hostnames", type=int, default=1_000_000)
    parser.add_argument("--tokens", type=int, default=100_000)
    options = parser.parse_args()

    bench_report.end_cleanly()
    with tempfile.TemporaryDirectory(prefix="spop-bench.") as folder:
        bench = Bench(f"{options.build}/bench", folder, options)
        results = [bench.against_the_sink(transport) for transport in ("tcp", "unix")]
        report = {
            "machine": bench_report.machine(),
            "hostnames": options.hostnames, "tokens": options.tokens,
            "pairs": options.pairs, "milliseconds": options.milliseconds,
            "cases": [case for cases, _ in results for case in cases],
            "memory_mb": max(memory for _, memory in results),
            "updates_ratio": bench.under_updates(),
            "restart_s": bench.restart(),
        }
        filled = report["memory_mb"] - bench.memory_without_hostnames()
        report["bytes_a_hostname"] = filled * 2**20 / options.hostnames
    bars = bars_of(report)
    if options.svg:
        rows = [(f"{each['case']}, {each['transport']}", each["ratio"], each["bar"]) for each in report["cases"]]
        bench_report.write_chart(options.svg, "ACKs a second by those of a constant answer", rows)
    if options.json:
        bench_report.print_json(report, bars)
    else:
        print_table(report)
        bench_report.print_bars(bars)


if __name__ == "__main__":
    main()
