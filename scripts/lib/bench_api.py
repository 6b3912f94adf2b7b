"""The admin API: an import of 100,000 lines, pages, searches and writes at 1,000,000 hostnames, and
hostnames that come and go while visitors are served by a real HAProxy."""

import argparse
import contextlib
import http.client
import json
import math
import multiprocessing
import os
import pathlib
import random
import socket
import statistics
import subprocess
import tempfile
import threading
import time

import stack
from bench_report import Bar, Program, end_cleanly, machine, needs, print_bars, print_json, progress

REQUESTS = 300
CHANGES_A_MINUTE = 1000
TURN = 15  # seconds with visitors alone, then as many with changes beside them, then with other work
PIECE = 0.002  # seconds that other work takes the CPU at a time


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


def visit(build, port, host, seconds):
    """Visitors at a constant rate: p99 in ms, requests, those that failed, and the CPUs that were busy meanwhile."""
    before = idle_seconds()
    result = json.loads(subprocess.run(
        [build / "bench/bench_http_load", "--connect", f"127.0.0.1:{port}", "--host", host,
         "--milliseconds", str(seconds * 1000)], check=True, text=True, capture_output=True, timeout=seconds + 30).stdout)
    return result | {"cpus": os.cpu_count() - (idle_seconds() - before) / seconds}


def idle_seconds():
    """How long the CPUs have had nothing to do. What was used is counted by samples, which miss short work."""
    idle, waiting = pathlib.Path("/proc/stat").read_text().split()[4:6]
    return (int(idle) + int(waiting)) / os.sysconf("SC_CLK_TCK")


def burn(cpus, stopped):
    """Uses so much of one CPU, in pieces, for four turns at most: whoever started it may have been killed."""
    deadline = time.monotonic() + 4 * TURN
    while time.monotonic() < deadline and not stopped.wait(PIECE * max(0.0, 1 / cpus - 1)):
        end = time.perf_counter() + PIECE
        while time.perf_counter() < end:
            pass


@contextlib.contextmanager
def other_work(cpus):
    """Programs that use so many CPUs and have nothing to do with HAProxy: what a machine does to visitors by itself."""
    count = max(1, math.ceil(cpus))
    stopped = multiprocessing.Event()
    workers = [multiprocessing.Process(target=burn, args=(max(cpus, 0.01) / count, stopped)) for _ in range(count)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stopped.set()
        for worker in workers:
            worker.join()


class Changes:
    """Adds and removes hostnames in turn, so many a minute, each time it is entered and until it is left."""

    def __init__(self, admin_socket):
        self.path, self.done, self.seconds = admin_socket, 0, 0.0

    def run(self):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)  # customers are elsewhere
        connection = Connection(self.path)
        start, before = time.monotonic(), self.done
        while not self.stopped.wait(max(0.0, start + (self.done - before) * 60 / CHANGES_A_MINUTE - time.monotonic())):
            number = self.done // 2
            # Each stays for a hundred changes: long enough to get its certificate.
            if self.done % 2 == 0 or number < 50:
                connection.ask("PUT", f"/v1/hostnames/c{number}.example.org", {})
            else:
                connection.ask("DELETE", f"/v1/hostnames/c{number - 50}.example.org")
            self.done += 1
        self.seconds += time.monotonic() - start

    def __enter__(self):
        self.stopped, self.thread = threading.Event(), threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def settle(edge):
    """Until what was ordered is there, and removed hostnames are gone."""
    def still():
        before = edge.pebble.issued(), edge.runtime("show ssl cert")
        time.sleep(1)
        return before == (edge.pebble.issued(), edge.runtime("show ssl cert"))
    stack.wait_for("nothing changes any more", still, 60)


def measure_changes(build, seconds):
    """Visitors alone, with changes, and with other work that takes as much CPU, by turns: what a machine is like at the same
    time. The third says how much of the second is this machine, which a ratio to an idle one cannot."""
    # A server that answers at once: what is measured is HAProxy and the daemon. The authority is another machine's
    # in real life: here it takes what the others leave.
    with Program([build / "bench/bench_http_server", "--listen", "127.0.0.1:0"]) as server, \
            stack.Edge(build / "agent/acme-spoa", nonce_reject=0, authority_nice=19) as edge:
        edge.application.port = int(server.address.rpartition(":")[2])
        edge.start_agent()
        edge.start_haproxy()
        edge.cli("hostname", "add", "visited.example.org", "--no-https-redirect", "--wait")
        pid = edge.runtime("show info").split("Pid: ")[1].split()[0]
        visit(build, edge.http_port, "visited.example.org", 3)
        changes, idle, busy, control = Changes(edge.folder / "admin.sock"), [], [], []
        for _ in range(max(1, round(seconds / TURN))):
            settle(edge)
            idle.append(visit(build, edge.http_port, "visited.example.org", TURN))
            with changes:
                busy.append(visit(build, edge.http_port, "visited.example.org", TURN))
            settle(edge)
            with other_work(busy[-1]["cpus"] - idle[-1]["cpus"]):
                control.append(visit(build, edge.http_port, "visited.example.org", TURN))
            progress("p99 in ms: {} alone, {} with changes, {} with other work".format(
                *(turns[-1]["p99_ms"] for turns in (idle, busy, control))))

        def p99_ratio(turns):
            return statistics.median(each["p99_ms"] / i["p99_ms"] for each, i in zip(turns, idle))

        same = edge.runtime("show info").split("Pid: ")[1].split()[0] == pid
        return {"idle": idle, "busy": busy, "other_work": control, "changes": changes.done, "changes_a_minute": changes.done * 60 / changes.seconds,
                "issued": edge.pebble.issued(), "same_process": same,
                "p99_ratio": p99_ratio(busy), "p99_ratio_of_other_work": p99_ratio(control),
                "p99_by_other_work": statistics.median(b["p99_ms"] / c["p99_ms"] for b, c in zip(busy, control))}


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
                 Bar("failed requests while they are made", sum(each["failed"] for each in changes["busy"]), 0, at_most=True),
                 Bar("p99 of plain requests, by that without changes", changes["p99_ratio"], 1.1, at_most=True)]
    return bars


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench api", description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--hostnames", type=int, default=1_000_000, help="in the database; 0 leaves that part out")
    parser.add_argument("--seconds", type=int, default=300, help="of changes beside visitors; 0 leaves that part out")
    options = parser.parse_args()
    end_cleanly()
    needs("haproxy", "pebble")
    size = measure_size(options.build / "agent/acme-spoa", options.hostnames) if options.hostnames else None
    changes = measure_changes(options.build, options.seconds) if options.seconds else None
    bars = bars_of(size, changes)
    if options.json:
        print_json({"machine": machine(), "size": size, "changes": changes}, bars)
    else:
        print_bars(bars)
        if changes:
            print(f"\np99 with other work that takes as much CPU, by that without: {changes['p99_ratio_of_other_work']:.3g}; "
                  f"with changes, by that with other work: {changes['p99_by_other_work']:.3g}")


if __name__ == "__main__":
    main()
