"""Requests through a real HAProxy: what asking the agent costs, against not asking, a map, and proxying.

All cases are frontends of one HAProxy with one thread on CPU 0; wrk, the agent and the HTTP server share
CPU 1. HAProxy is the limit if it is busy all the time, which is printed. The cases take turns, every other
round backwards, so that whatever else the machine does hits all alike; a ratio is of the requests a second
in the same round. The agent and the sink then alternate for ten times as many pairs of a second each: single
pairs lie 5 % apart, however long they are, and the bar is 3 %.

With 0.1 % challenges all three cases have a rule on the path, because every way to answer has one: the
ratio shows what SPOE adds to it.
"""

import argparse
import base64
import contextlib
import http.client
import json
import os
import pathlib
import resource
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
BUSY = 0.9  # below that HAProxy was not the limit
LOAD_CPU = 0 if os.cpu_count() == 1 else 1


@dataclass
class Case:
    name: str
    label: str
    rules: str
    against: str = "none"  # whose requests a second are 1.00
    script: str = "challenges"
    server: str = "agent"  # whose CPU time is counted beside HAProxy's


FILTER = "filter spoe engine {engine} config {{folder}}/{engine}.spoe.conf"
CHALLENGE = "{ path_beg /.well-known/acme-challenge/ }"
CONSTANT = 'http-request return status 200 content-type text/plain string "{constant}"'
UNANSWERED = "http-request return status 503"
OTHERS = "default_backend constant"


def ask(engine="acme"):
    return (f"http-request send-spoe-group {engine} ask-challenge",
            "http-request return status 200 content-type text/plain lf-string %[var(txn.acme.key_auth)]"
            " if { var(txn.acme.key_auth) -m found }",
            UNANSWERED)


def rules(*lines):
    return "\n    ".join(lines)


def ask_if_challenge():
    """As haproxy-config prints it; what is not answered fails, so that it is counted."""
    send, answer, unanswered = ask()
    return f"{send} if {CHALLENGE}", answer.replace(" if ", f" if {CHALLENGE} "), f"{unanswered} if {CHALLENGE}"


AGENT = Case("frontend", "every request asks, filter in the frontend", rules(FILTER.format(engine="acme"), *ask()))
SINK = Case("sink", "the same, answered by the sink", rules(FILTER.format(engine="sink"), *ask("sink")), server="sink")

CASES = [
    Case("none", "no SPOE, a constant response", CONSTANT),
    Case("map", "map of 100,000 tokens",
         "http-request return status 200 content-type text/plain lf-string %[path,map_str({folder}/tokens.map)]"),
    AGENT,
    SINK,
    Case("backend", "every request asks, filter in a backend", "default_backend challenge"),
    Case("proxy", "proxying to a small HTTP server", "default_backend small", server="small"),
    Case("rare none", "0.1 % challenges, no SPOE", rules(f"{CONSTANT} if {CHALLENGE}", OTHERS), "rare none", "rare"),
    Case("rare frontend", "0.1 % challenges, filter in the frontend",
         rules(FILTER.format(engine="acme"), *ask_if_challenge(), OTHERS), "rare none", "rare"),
    Case("rare backend", "0.1 % challenges, filter in a backend",
         rules(f"use_backend challenge if {CHALLENGE}", OTHERS), "rare none", "rare"),
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
    {constant}
backend challenge
    {challenge}
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
  io.write(string.format('{"requests": %%d, "us": %%d, "p50_us": %%d, "p99_us": %%d, "errors": {', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99)))
  io.write(string.format('"connect": %%d, "read": %%d, "write": %%d, "status": %%d, "timeout": %%d}}\\n', e.connect, e.read,
    e.write, e.status, e.timeout))
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

        def start(name, *words):
            return programs.enter_context(bench_report.Program([build / "bench" / name, "--cpu", LOAD_CPU, *words]))

        self.servers = {"agent": start("bench_spop_agent", "--listen", f"unix@{folder}/agent.sock", *sizes),
                        "sink": start("bench_spop_sink", "--listen", f"unix@{folder}/sink.sock"),
                        "small": start("bench_http_server", "--listen", "127.0.0.1:0")}
        self.write_spoe_files(build)
        self.write_inputs()
        ports = set()
        while len(ports) < len(CASES):
            ports.add(stack.free_port())
        self.ports = dict(zip((case.name for case in CASES), ports))
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
                        "--output", self.folder / "printed"], check=True, timeout=30, stdout=subprocess.DEVNULL)
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
        constant = CONSTANT.replace("{constant}", key_authorization(0))
        challenge = rules(FILTER.format(engine="acme"), *ask()).replace("{folder}", str(self.folder))
        text = CONFIG.format(constant=constant, challenge=challenge,
                             **{name: server.address for name, server in self.servers.items()})
        for case in CASES:
            lines = case.rules.replace("{folder}", str(self.folder)).replace(CONSTANT, constant)
            text += f"frontend {case.name.replace(' ', '-')}\n    bind 127.0.0.1:{self.ports[case.name]}\n    {lines}\n"
        (self.folder / "haproxy.cfg").write_text(text)

    def get(self, case, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[case.name], timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": HOST})
            reply = connection.getresponse()
            return reply.status, reply.read().decode()

    def check(self):
        """Each case gives the answer that it is measured for."""
        asked = ("map", "frontend", "backend", "rare frontend", "rare backend")
        for case in CASES:
            expected = {PATH + token(number): key_authorization(number if case.name in asked else 0)
                        for number in (1, self.options.tokens - 1)}
            if case.script == "rare":
                expected["/shop/article-1"] = key_authorization(0)
            for path, answer in expected.items():
                got = self.get(case, path)
                if got != (200, answer):
                    sys.exit(f"{case.name}: {got} instead of 200, {answer}")

    def run(self, case, seconds):
        server = self.servers[case.server]
        haproxy_before, server_before, load_before = bench_report.cpu_seconds(self.haproxy.pid), server.cpu_seconds(), ended()
        done = subprocess.run(
            ["taskset", "-c", str(LOAD_CPU), "wrk", "-t", "1", "-c", "64", "-d", f"{seconds}s", "-s",
             self.folder / f"{case.script}.lua", f"http://127.0.0.1:{self.ports[case.name]}"],
            stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 30)
        result = json.loads(done.stdout.splitlines()[-1])
        # wrk's "status" is all above 399, and no rule here answers with 3xx.
        if any(result.pop("errors").values()):
            sys.exit(f"{case.name}: requests failed: {done.stdout.splitlines()[-1]}")
        result["per_second"] = result["requests"] * 1e6 / result["us"]
        haproxy = bench_report.cpu_seconds(self.haproxy.pid) - haproxy_before
        result["haproxy_us"] = haproxy * 1e6 / result["requests"]
        result["haproxy_busy"] = haproxy * 1e6 / result["us"]
        result["server_us"] = (server.cpu_seconds() - server_before) * 1e6 / result["requests"]
        result["load_us"] = (ended() - load_before) * 1e6 / result["requests"]
        return result

    def measure(self, cases, rounds, seconds):
        """One dictionary of results a round."""
        done = []
        for number in range(rounds):
            done.append({case.name: self.run(case, seconds) for case in (cases if number % 2 == 0 else reversed(cases))})
            bench_report.progress(f"{len(cases)} cases: round {number + 1} of {rounds}")
        return done


def ended():
    """CPU seconds of all children that have ended: the difference is that of one run of wrk."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ratios(rounds, name, against):
    return [each[name]["per_second"] / each[against]["per_second"] for each in rounds]


def summarise(rounds):
    keys = ("per_second", "haproxy_us", "haproxy_busy", "server_us", "load_us", "p50_us", "p99_us")

    def summary(case):
        found = ratios(rounds, case.name, case.against)
        return {"case": case.name, "label": case.label, "ratio": statistics.median(found), "against": case.against,
                "ratios": [round(each, 4) for each in found],
                **{key: statistics.median(each[case.name][key] for each in rounds) for key in keys}}

    return [summary(case) for case in CASES]


def disturbed(rounds):
    """How many of all runs something else than HAProxy was the limit of."""
    runs = [run for each in rounds for run in each.values()]
    return {"runs": len(runs), "disturbed_runs": sum(run["haproxy_busy"] < BUSY for run in runs)}


def print_table(report):
    print(f"{report['machine']}; {report['haproxy']}; {report['hostnames']:,} hostnames, {report['tokens']:,} tokens; "
          f"64 connections of wrk, medians of {report['pairs']} rounds of {report['seconds']} s a case\n")
    print("| case | requests/s | ratio to no SPOE | CPU µs a request: HAProxy + agent, sink or server "
          "| HAProxy busy | p50 µs | p99 µs |\n|---|---|---|---|---|---|---|")
    for each in report["cases"]:
        print(f"| {each['label']} | {each['per_second']:,.0f} | {each['ratio']:.2f} "
              f"| {each['haproxy_us']:.1f} + {each['server_us']:.2f} | {each['haproxy_busy']:.0%} "
              f"| {each['p50_us']:.0f} | {each['p99_us']:.0f} |")
    if report["disturbed_runs"]:
        print(f"\nIn {report['disturbed_runs']} of {report['runs']} runs HAProxy was busy for less than {BUSY:.0%} of the time: "
              "something else had the CPUs, and the ratios are not to be relied on.")


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

    bench_report.needs(stack.HAPROXY, "wrk", "taskset")
    bench_report.end_cleanly()
    with tempfile.TemporaryDirectory(prefix="haproxy-bench.") as folder, contextlib.ExitStack() as programs:
        bench = Bench(options.build, pathlib.Path(folder), options, programs)
        bench.check()
        bench.run(CASES[0], 1)  # warms up
        rounds = bench.measure(CASES, options.pairs, options.seconds)
        pairs = bench.measure([AGENT, SINK], 10 * options.pairs, 1)
    version = subprocess.run([stack.HAPROXY, "-v"], timeout=10, capture_output=True, text=True, check=True).stdout.split(" ")[2]
    report = {"machine": bench_report.machine(), "haproxy": f"HAProxy {version}", "cases": summarise(rounds),
              **disturbed(rounds + pairs), **{key: getattr(options, key) for key in ("hostnames", "tokens", "pairs", "seconds")}}
    found = ratios(pairs, "frontend", "sink")
    report["sink_ratios"] = [round(each, 4) for each in found]
    bars = [bench_report.Bar("through HAProxy, every request asks, unix socket: by the sink's", statistics.median(found),
                             SINK_BAR)]
    if options.svg:
        rows = [(each["label"], each["ratio"], None) for each in report["cases"]]
        rows.append(("every request asks: agent by sink", bars[0].value, SINK_BAR))
        bench_report.write_chart(options.svg, "Requests a second through HAProxy, by those without SPOE", rows)
    if options.json:
        bench_report.print_json(report, bars)
    else:
        print_table(report)
        bench_report.print_bars(bars)
        low, _, high = statistics.quantiles(found, n=4)
        print(f"\nThe bar's value is the median of {len(found)} pairs; the middle half of them lies between {low:.2f} and {high:.2f}.")


if __name__ == "__main__":
    main()
