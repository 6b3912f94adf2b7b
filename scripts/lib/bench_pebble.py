"""Certificates against a real Pebble: acme-spoa with http-01 through HAProxy, and lego.

lego is spared the validation: its Pebble takes every challenge for passed, so it only places orders. Ours has
to answer each through HAProxy, write the file, update the running HAProxy and prove it by a handshake before
the hostname counts as done.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile
import time

import bench_report
import stack

ALONE_BAR = 20  # by lego, one after another
BESIDE_BAR = 4  # by lego, side by side
WARM_BAR, REUSED_BAR = 8, 5  # requests a certificate
LEGO_WORKERS = 8
REQUEST = re.compile(r"\b(GET|POST|HEAD) /[^ ]* -> calling handler")


def requests(pebble):
    """How many ACME requests this Pebble has had, by its own log."""
    return len(REQUEST.findall(pebble.pebble.output()))


class Lego:
    """One account of lego in a folder of its own."""

    def __init__(self, folder, pebble):
        self.folder, self.pebble, self.port = pathlib.Path(folder), pebble, stack.free_port()

    def obtain(self, name):
        subprocess.run(
            ["lego", "--server", self.pebble.directory, "--accept-tos", "--email", "ops@example.org", "--path", self.folder,
             "--domains", name, "--http", "--http.port", f"127.0.0.1:{self.port}", "run"],
            env={**os.environ, "LEGO_CA_CERTIFICATES": str(self.pebble.certificate)}, check=True, capture_output=True,
            timeout=120)


def seconds_of(work):
    started = time.monotonic()
    work()
    return time.monotonic() - started


def measure_lego(folder, count):
    """Certificates a second: one after another, and by LEGO_WORKERS side by side."""
    pebble = stack.Pebble(folder / "pebble", stack.free_port(), stack.free_port(), nonce_reject=0, always_valid=True)
    pebble.start()
    try:
        workers = [Lego(folder / f"lego-{number}", pebble) for number in range(LEGO_WORKERS)]
        for number, worker in enumerate(workers):
            worker.obtain(f"first-{number}.lego.example")  # makes its account

        def run(worker, number, share):
            for each in range(share):
                worker.obtain(f"side-{number}-{each}.lego.example")

        alone = count / seconds_of(lambda: [workers[0].obtain(f"alone-{each}.lego.example") for each in range(count)])
        bench_report.progress(f"lego, one after another: {alone:.1f}/s")
        with concurrent.futures.ThreadPoolExecutor(LEGO_WORKERS) as pool:
            beside = LEGO_WORKERS * count / seconds_of(
                lambda: list(pool.map(run, workers, range(LEGO_WORKERS), [count] * LEGO_WORKERS)))
        bench_report.progress(f"lego, {LEGO_WORKERS} side by side: {beside:.1f}/s")
        return alone, beside
    finally:
        pebble.stop()


def add_and_wait(edge, names):
    edge.cli("hostname", "add", *names, "--wait", "--timeout", "300s", timeout=320)


def measure_agent(binary, count):
    """Certificates a second from "added" to "proven served", and what each costs in requests."""
    with stack.Edge(binary, nonce_reject=0) as edge:
        edge.start_agent()
        edge.start_haproxy()
        add_and_wait(edge, [f"warm-{each}.agent.example" for each in range(32)])
        programs = {"acme-spoa": edge.agent.pid, "HAProxy": edge.haproxy.pid, "Pebble": edge.pebble.pebble.pid}
        before = requests(edge.pebble)
        cpu_before = {name: bench_report.cpu_seconds(pid) for name, pid in programs.items()}
        names = [f"n-{each}.agent.example" for each in range(count)]
        rate = count / seconds_of(lambda: add_and_wait(edge, names))
        spent = (requests(edge.pebble) - before) / count
        cpu = {name: (bench_report.cpu_seconds(pid) - cpu_before[name]) * 1000 / count for name, pid in programs.items()}
        bench_report.progress(f"acme-spoa: {rate:.1f}/s, {spent:.2f} requests each; CPU ms each: "
                              + ", ".join(f"{name} {each:.1f}" for name, each in cpu.items()))
        return rate, spent, cpu


def measure_reuse(binary, count):
    """Requests a certificate when the authority reuses the authorization."""
    with stack.Edge(binary, nonce_reject=0, authorization_reuse=100) as edge:
        edge.start_agent()
        edge.start_haproxy()
        names = [f"again-{each}.agent.example" for each in range(count)]
        add_and_wait(edge, names)
        before = requests(edge.pebble)
        edge.cli("certificate", "renew", *names, "--wait", "--timeout", "300s", timeout=320)
        spent = (requests(edge.pebble) - before) / count
        bench_report.progress(f"acme-spoa, authorization reused: {spent:.2f} requests each")
        return spent


def measure(binary, count=300, lego_count=10):
    """The report's part and the bars."""
    bench_report.needs("lego", "pebble", "pebble-challtestsrv", "openssl")
    with tempfile.TemporaryDirectory(prefix="acme-bench.") as folder:
        alone, beside = measure_lego(pathlib.Path(folder), lego_count)
    rate, spent, cpu = measure_agent(binary, count)
    reused = measure_reuse(binary, 50)
    report = {"certificates": count, "certificates_per_second": rate, "lego_alone_per_second": alone,
              "lego_beside_per_second": beside, "requests_warm": spent, "requests_reused": reused, "cpu_ms_a_certificate": cpu}
    return report, [
        bench_report.Bar("certificates/s against Pebble: by lego's, one after another", rate / alone, ALONE_BAR),
        bench_report.Bar(f"certificates/s against Pebble: by lego's, {LEGO_WORKERS} side by side", rate / beside, BESIDE_BAR),
        bench_report.Bar("requests a certificate, warm", spent, WARM_BAR, at_most=True),
        bench_report.Bar("requests a certificate, authorization reused", reused, REUSED_BAR, at_most=True)]

