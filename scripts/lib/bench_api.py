"""The admin API: an import of 100,000 lines, pages, searches and writes at 1,000,000 hostnames, and
hostnames that come and go while visitors are served by a real HAProxy."""

import argparse
import contextlib
import http.client
import json
import pathlib
import random
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time

import stack
from bench_report import Bar, Program, end_cleanly, machine, needs, print_bars, print_json

REQUESTS = 300
CHANGES_A_MINUTE = 1000


class Connection:
    """Requests over the admin socket, one after another on one connection."""

    def __init__(self, path):
        self.http = http.client.HTTPConnection("localhost", timeout=60)
        self.http.sock = socket.socket(socket.AF_UNIX)
        self.http.sock.connect(str(path))

    def ask(self, method, target, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self.http.request(method, target, None if body is None else json.dumps(body), headers)
        reply = self.http.getresponse()
        text = reply.read()
        if reply.status >= 400:
            raise RuntimeError(f"{method} {target}: {reply.status} {text.decode()}")
        return text

    def timed(self, *request):
        start = time.perf_counter()
        self.ask(*request)
        return (time.perf_counter() - start) * 1000


def p99(values):
    return sorted(values)[int(len(values) * 0.99)]


class Daemon:
    """acme-spoa alone: its authority and its HAProxy are never there."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.config = folder / "acme-spoa.yaml"
        self.config.write_text(f"""state_directory: {folder}/state
spop: {{listen: ["unix@{folder}/spop.sock"]}}
admin: {{socket: {folder}/admin.sock}}
authorities:
  - name: nobody
    directory: https://127.0.0.1:{stack.free_port()}/dir
    terms_of_service_agreed: true
haproxy:
  certificate_directory: {folder}/certificates
  crt_list: {folder}/crt-list.txt
  instances: [{{name: none, runtime: "unix@{folder}/none.sock", verify: ["127.0.0.1:{stack.free_port()}"]}}]
preflight: {{caa: false, address: false}}
log: {{level: error}}
""")
        self.process = stack.Process([binary, "serve", "--config", self.config], folder / "log")
        stack.wait_for("acme-spoa is ready", self.ready, 60)

    def ready(self):
        try:
            return json.loads(Connection(self.folder / "admin.sock").ask("GET", "/readyz"))["ready"]
        except (OSError, RuntimeError):
            return False

    def import_names(self, names):
        """How long the command takes, in seconds. Mode off: what is measured is not an order."""
        file = self.folder / "names.csv"
        file.write_text("".join(f"{name},off\n" for name in names))
        start = time.perf_counter()
        subprocess.run([self.binary, "--config", self.config, "import", file], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def name_of(number):
    return f"shop{number:07d}.customer{number % 5000:04d}.example"


def measure_size(binary, hostnames):
    with tempfile.TemporaryDirectory() as text:
        daemon = Daemon(binary, pathlib.Path(text))
        with contextlib.ExitStack() as exit_stack:
            exit_stack.callback(daemon.process.stop)
            imported = daemon.import_names(name_of(i) for i in range(100_000))
            if hostnames > 100_000:
                daemon.import_names(name_of(i) for i in range(100_000, hostnames))
            connection = Connection(daemon.folder / "admin.sock")
            choose = random.Random(1)
            pages = [connection.timed("GET", f"/v1/hostnames?limit=100&cursor={name_of(choose.randrange(hostnames))}")
                     for _ in range(REQUESTS)]
            searches = [connection.timed("GET", f"/v1/hostnames?limit=100&search=shop{choose.randrange(hostnames // 100):05d}")
                        for _ in range(REQUESTS)]
            writes = [connection.timed("PUT", f"/v1/hostnames/w{i}.example.org", {"mode": "off"}) for i in range(REQUESTS)]
            return {"hostnames": hostnames, "import_seconds": imported, "page_p99_ms": p99(pages),
                    "page_median_ms": statistics.median(pages), "search_p99_ms": p99(searches),
                    "write_p99_ms": p99(writes), "write_median_ms": statistics.median(writes)}


def visit(port, host, seconds, rate_connections):
    """wrk's view of plain requests: p99 in ms, requests, and those that failed."""
    run = subprocess.run(["wrk", "-t1", f"-c{rate_connections}", f"-d{seconds}s", "--latency", "-H", f"Host: {host}",
                          f"http://127.0.0.1:{port}/"], check=True, text=True, capture_output=True).stdout
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", run).groups()
    failed = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", run)))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", run)
    return {"p99_ms": float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
            "requests": int(re.search(r"(\d+) requests in", run)[1]), "failed": failed + int(wrong[1] if wrong else 0)}


class Changes:
    """Adds and removes hostnames in turn, so many a minute, until it is stopped."""

    def __init__(self, admin_socket):
        self.path, self.done, self.stopped = admin_socket, 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        connection = Connection(self.path)
        start = time.monotonic()
        while not self.stopped.wait(max(0.0, start + self.done * 60 / CHANGES_A_MINUTE - time.monotonic())):
            number = self.done // 2
            # Each stays for a hundred changes: long enough to get its certificate.
            if self.done % 2 == 0 or number < 50:
                connection.ask("PUT", f"/v1/hostnames/c{number}.example.org", {})
            else:
                connection.ask("DELETE", f"/v1/hostnames/c{number - 50}.example.org")
            self.done += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def measure_changes(build, seconds):
    # A server that answers at once: what is measured is HAProxy and the daemon.
    with Program([build / "bench/bench_http_server", "--listen", "127.0.0.1:0"]) as server, \
            stack.Edge(build / "agent/acme-spoa", nonce_reject=0) as edge:
        edge.application.port = int(server.address.rpartition(":")[2])
        edge.start_agent()
        edge.start_haproxy()
        edge.cli("hostname", "add", "visited.example.org", "--no-https-redirect", "--wait")
        pid = edge.runtime("show info").split("Pid: ")[1].split()[0]
        visit(edge.http_port, "visited.example.org", 3, 4)
        idle = visit(edge.http_port, "visited.example.org", seconds, 4)
        with Changes(edge.folder / "admin.sock") as changes:
            busy = visit(edge.http_port, "visited.example.org", seconds, 4)
        same = edge.runtime("show info").split("Pid: ")[1].split()[0] == pid
        return {"idle": idle, "busy": busy, "changes": changes.done, "changes_a_minute": changes.done * 60 / seconds,
                "issued": edge.pebble.issued(), "same_process": same}


def bars_of(size, changes):
    bars = []
    if size:
        bars += [Bar("import of 100,000 lines, seconds", size["import_seconds"], 30, at_most=True),
                 Bar(f"page of {size['hostnames']} hostnames, p99 ms", size["page_p99_ms"], 10, at_most=True),
                 Bar(f"search in {size['hostnames']} hostnames, p99 ms", size["search_p99_ms"], 10, at_most=True),
                 Bar("write, p99 ms", size["write_p99_ms"], 20, at_most=True)]
    if changes:
        bars += [Bar("changes a minute", changes["changes_a_minute"], CHANGES_A_MINUTE * 0.98),
                 Bar("reloads while they are made", 0 if changes["same_process"] else 1, 0, at_most=True),
                 Bar("failed requests while they are made", changes["busy"]["failed"], 0, at_most=True),
                 Bar("p99 of plain requests, by that without changes",
                     changes["busy"]["p99_ms"] / changes["idle"]["p99_ms"], 1.1, at_most=True)]
    return bars


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench api", description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--hostnames", type=int, default=1_000_000, help="in the database; 0 leaves that part out")
    parser.add_argument("--seconds", type=int, default=300, help="of changes beside visitors; 0 leaves that part out")
    options = parser.parse_args()
    end_cleanly()
    needs("wrk", "haproxy", "pebble")
    size = measure_size(options.build / "agent/acme-spoa", options.hostnames) if options.hostnames else None
    changes = measure_changes(options.build, options.seconds) if options.seconds else None
    bars = bars_of(size, changes)
    if options.json:
        print_json({"machine": machine(), "size": size, "changes": changes}, bars)
    else:
        print_bars(bars)


if __name__ == "__main__":
    main()
