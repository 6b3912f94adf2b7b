"""Requests through a real HAProxy: what asking the agent costs, against not asking, a map, and proxying.

All cases are frontends of one HAProxy with one thread on CPU 0; wrk, the agent and the HTTP server share
CPU 1. The cases take turns, so that whatever else the machine does hits all alike; a ratio is of the
requests a second in the same round.
"""

import argparse
import base64
import contextlib
import http.client
import json
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import bench_report
import stack

HOST = "www.customer-7.hosting.example"
PATH = "/.well-known/acme-challenge/"
MASK = (1 << 64) - 1
TOKENS_ASKED = 20_000
SINK_BAR = 0.97


@dataclass
class Case:
    name: str
    label: str
    rules: str
    against: str = "none"
    script: str = "challenges"


ASK = """http-request send-spoe-group {engine} ask-challenge{condition}
    http-request return status 200 content-type text/plain lf-string %[var(txn.acme.key_auth)] if {{ var(txn.acme.key_auth) -m found }}"""
FILTER = "filter spoe engine {engine} config {folder}/{engine}.spoe.conf"
IS_CHALLENGE = " if { path_beg /.well-known/acme-challenge/ }"
UNANSWERED = "http-request return status 503"

CASES = [
    Case("none", "no SPOE, a constant response", "default_backend constant"),
    Case("map", "map of 100,000 tokens",
         "http-request return status 200 content-type text/plain lf-string %[path,map_str({folder}/tokens.map)]"),
    Case("frontend", "every request asks, filter in the frontend",
         "\n    ".join([FILTER.replace("{engine}", "acme"), ASK.format(engine="acme", condition=""), UNANSWERED])),
    Case("sink", "the same, answered by the sink",
         "\n    ".join([FILTER.replace("{engine}", "sink"), ASK.format(engine="sink", condition=""), UNANSWERED])),
    Case("backend", "every request asks, filter in a backend", "default_backend challenge"),
    Case("proxy", "proxying to a small HTTP server", "default_backend small"),
    Case("rare none", "0.1 % challenges, no SPOE", "default_backend constant", script="rare"),
    Case("rare frontend", "0.1 % challenges, filter in the frontend",
         "\n    ".join([FILTER.replace("{engine}", "acme"), ASK.format(engine="acme", condition=IS_CHALLENGE),
                        "default_backend constant"]), "rare none", "rare"),
    Case("rare backend", "0.1 % challenges, filter in a backend",
         "use_backend challenge" + IS_CHALLENGE + "\n    default_backend constant", "rare none", "rare"),
]

CONFIG = """global
    nbthread 1
    cpu-map 1 0
    maxconn 2000
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
backend constant
    http-request return status 200 content-type text/plain string "{constant}"
backend challenge
    {filter}
    {ask}
    {unanswered}
backend small
    server small {small}
backend acme-agents
    mode tcp
    timeout server 3m
    server agent {agent}
backend sink-agents
    mode tcp
    timeout server 3m
    server sink {sink}
"""

AGENT_CONFIG = """authorities:
  - name: bench
    directory: https://localhost/dir
    terms_of_service_agreed: true
"""

# wrk calls request() for each; the strings are made before.
SCRIPT = """local requests = {}
function init(args)
  local n = 0
  for path in io.lines("%(paths)s") do
    n = n + 1
    requests[n] = wrk.format("GET", path, {Host = "%(host)s"})
  end
end
local i = 0
function request()
  i = i %% #requests + 1
  return requests[i]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests": %%d, "us": %%d, "errors": %%d, "p50_us": %%d, "p99_us": %%d}\\n', summary.requests,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


def mix(x):
    """SplitMix64, as bench/spop/population.cc has it."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def token(number):
    words = struct.pack("<4Q", *(mix(number * 4 + i) for i in range(4)))
    return base64.urlsafe_b64encode(words).decode().rstrip("=")


def key_authorization(number):
    return f"{token(number)}.{token(1 << 40)}"


class Bench:
    def __init__(self, build, folder, options, programs):
        self.folder = folder
        self.options = options
        sizes = ["--hostnames", options.hostnames, "--tokens", options.tokens]
        run = lambda name, *words: programs.enter_context(bench_report.Program([build / "bench" / name, "--cpu", 1, *words]))
        self.agent = run("bench_spop_agent", "--listen", f"unix@{folder}/agent.sock", *sizes)
        self.sink = run("bench_spop_sink", "--listen", f"unix@{folder}/sink.sock")
        self.small = run("bench_http_server", "--listen", "127.0.0.1:0")
        self.write_spoe_files(build)
        self.write_inputs()
        self.ports = {case.name: stack.free_port() for case in CASES}
        self.write_config()
        self.haproxy = stack.Process([stack.HAPROXY, "-db", "-f", folder / "haproxy.cfg"], folder / "haproxy.log")
        programs.callback(self.haproxy.stop)
        stack.wait_for("HAProxy listens", lambda: all(map(stack.listens, self.ports.values())) or not self.haproxy.running())
        if not self.haproxy.running():
            sys.exit(self.haproxy.output())

    def write_spoe_files(self, build):
        """The file that users get; the sink's differs in its names only."""
        (self.folder / "acme-spoa.yaml").write_text(AGENT_CONFIG)
        subprocess.run([build / "agent" / "acme-spoa", "--config", self.folder / "acme-spoa.yaml", "haproxy-config", "--for", "2.6",
                        "--output", self.folder / "printed"], check=True, stdout=subprocess.DEVNULL)
        text = (self.folder / "printed" / "acme-spoa.spoe.conf").read_text()
        (self.folder / "acme.spoe.conf").write_text(text)
        (self.folder / "sink.spoe.conf").write_text(text.replace("[acme]", "[sink]").replace("acme-agents", "sink-agents"))

    def write_inputs(self):
        numbers = range(self.options.tokens)
        (self.folder / "tokens.map").write_text("".join(f"{PATH}{token(i)} {key_authorization(i)}\n" for i in numbers))
        asked = [PATH + token(i * 7919 % self.options.tokens) for i in range(TOKENS_ASKED)]
        rare = [asked[i] if i % 1000 == 0 else f"/shop/article-{i}" for i in range(TOKENS_ASKED)]
        for name, paths in (("challenges", asked), ("rare", rare)):
            (self.folder / f"{name}.txt").write_text("\n".join(paths) + "\n")
            (self.folder / f"{name}.lua").write_text(SCRIPT % {"paths": self.folder / f"{name}.txt", "host": HOST})

    def write_config(self):
        text = CONFIG.format(
            constant=key_authorization(0), filter=FILTER.format(engine="acme", folder=self.folder),
            ask=ASK.format(engine="acme", condition=""), unanswered=UNANSWERED,
            small=self.small.address, agent=self.agent.address, sink=self.sink.address)
        for number, case in enumerate(CASES):
            rules = case.rules.replace("{folder}", str(self.folder))
            text += f"frontend case-{number}\n    bind 127.0.0.1:{self.ports[case.name]}\n    {rules}\n"
        (self.folder / "haproxy.cfg").write_text(text)

    def get(self, case, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[case.name], timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": HOST})
            reply = connection.getresponse()
            return reply.status, reply.read().decode()

    def check(self):
        """Each case gives the answer that it is measured for."""
        for case in CASES:
            asks = case.name in ("map", "frontend", "backend", "rare frontend", "rare backend")
            for number in (1, 4711):
                expected = 200, key_authorization(number if asks else 0)
                got = self.get(case, PATH + token(number))
                if got != expected:
                    sys.exit(f"{case.name}: {got} instead of {expected}")

    def run(self, case):
        haproxy, agent = bench_report.cpu_seconds(self.haproxy.pid), self.agent.cpu_seconds()
        done = subprocess.run(
            ["taskset", "-c", "1", "wrk", "-t", "1", "-c", "64", "-d", f"{self.options.seconds}s", "-s",
             self.folder / f"{case.script}.lua", f"http://127.0.0.1:{self.ports[case.name]}"],
            stdout=subprocess.PIPE, text=True, check=True, timeout=self.options.seconds + 30)
        result = json.loads(done.stdout.splitlines()[-1])
        if result["errors"]:
            sys.exit(f"{case.name}: {result['errors']} requests failed")
        result["per_second"] = result["requests"] * 1e6 / result["us"]
        result["haproxy_us"] = (bench_report.cpu_seconds(self.haproxy.pid) - haproxy) * 1e6 / result["requests"]
        result["agent_us"] = (self.agent.cpu_seconds() - agent) * 1e6 / result["requests"]
        return result

    def measure(self):
        rounds = []
        for number in range(self.options.pairs):
            rounds.append({case.name: self.run(case) for case in CASES})
            bench_report.progress(f"round {number + 1} of {self.options.pairs}")
        return rounds


def ratio(rounds, name, against):
    return statistics.median(each[name]["per_second"] / each[against]["per_second"] for each in rounds)


def summarise(rounds):
    keys = ("per_second", "haproxy_us", "agent_us", "p50_us", "p99_us")
    return [{"case": case.name, "label": case.label, "ratio": ratio(rounds, case.name, case.against), "against": case.against}
            | {key: statistics.median(each[case.name][key] for each in rounds) for key in keys} for case in CASES]


def print_table(report):
    print(f"{report['machine']}; {report['haproxy']}; {report['hostnames']:,} hostnames, {report['tokens']:,} tokens; "
          f"64 connections of wrk, medians of {report['pairs']} rounds of {report['seconds']} s a case\n")
    print("| case | requests/s | ratio to no SPOE | HAProxy CPU µs | agent CPU µs | p50 µs | p99 µs |\n|---|---|---|---|---|---|---|")
    for each in report["cases"]:
        print(f"| {each['label']} | {each['per_second']:,.0f} | {each['ratio']:.2f} | {each['haproxy_us']:.1f} "
              f"| {each['agent_us']:.2f} | {each['p50_us']:.0f} | {each['p99_us']:.0f} |")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench haproxy", description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--svg", metavar="FILE", help="draw the ratios")
    parser.add_argument("--pairs", type=int, default=5, help="rounds, in each of which every case runs once")
    parser.add_argument("--seconds", type=int, default=3, help="of each run")
    parser.add_argument("--hostnames", type=int, default=1_000_000)
    parser.add_argument("--tokens", type=int, default=100_000)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="haproxy-bench.") as folder, contextlib.ExitStack() as programs:
        bench = Bench(options.build, pathlib.Path(folder), options, programs)
        bench.check()
        rounds = bench.measure()
    version = subprocess.run([stack.HAPROXY, "-v"], capture_output=True, text=True, check=True).stdout.split(" ")[2]
    report = {"machine": bench_report.machine(), "haproxy": f"HAProxy {version}", "cases": summarise(rounds),
              **{key: getattr(options, key) for key in ("hostnames", "tokens", "pairs", "seconds")}}
    bars = [bench_report.Bar("through HAProxy, every request asks, unix socket: by the sink's", ratio(rounds, "frontend", "sink"),
                             SINK_BAR)]
    if options.svg:
        rows = [(each["label"], each["ratio"], None) for each in report["cases"]]
        rows.append(("agent by sink", bars[0].value, SINK_BAR))
        bench_report.write_chart(options.svg, "Requests a second through HAProxy, by those without SPOE", rows)
    if options.json:
        bench_report.print_json(report, bars)
    else:
        print_table(report)
        bench_report.print_bars(bars)


if __name__ == "__main__":
    main()
