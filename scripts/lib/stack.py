"""A whole edge on free loopback ports: Pebble, its DNS, HAProxy, acme-spoa and an application.

Used by scripts/demo and by the integration tests. Everything lives in one folder and ends with it;
processes are ended by their pid.
"""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"]) or "haproxy"


class Timeout(Exception):
    """What was waited for did not happen in time; the message says what it was."""


def wait_for(what, predicate, seconds=30.0, interval=0.02):
    """Asks `predicate` until it returns something true, which is returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"{what}: not within {seconds:g} s")
        time.sleep(interval)


_claims = []  # of the ports given out; they end with this process


def claim(port):
    """Whether no process that uses free_port() has taken the port; nobody else gets it from now on."""
    sign = socket.socket(socket.AF_UNIX)
    try:
        sign.bind(f"\0acme-spoa-port-{port}")
    except OSError:
        sign.close()
        return False
    _claims.append(sign)
    return True


def free_port():
    """A port nobody listens on, below the range the kernel gives to outgoing connections. No two calls get
    the same one, though whoever asked takes his time to listen."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if claim(port):
            return port


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A child with its output in a file."""

    def __init__(self, argv, log, env=None, cwd=None):
        self.log = pathlib.Path(log)
        self._out = open(self.log, "ab")
        self.child = subprocess.Popen(
            [str(word) for word in argv], stdout=self._out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})}, cwd=cwd)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def send_signal(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=20):
        return self.child.wait(seconds)

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Ends the child and returns its exit status."""
        if self.running():
            self.child.send_signal(number)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self._out.close()
        return self.child.returncode


class Application:
    """The customer's web server behind HAProxy: says hello, answers the tokens its own ACME client has."""

    def __init__(self):
        self.tokens = {}
        self.requests = []
        application = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                application.requests.append((self.headers.get("Host", ""), self.path))
                token = self.path.removeprefix("/.well-known/acme-challenge/")
                if token != self.path:
                    body = application.tokens.get(token)
                    self.answer(200 if body else 404, body or "the application knows no such token\n")
                else:
                    self.answer(200, f"hello from the application, asked for {self.headers.get('Host', '')}\n")

            def answer(self, status, text):
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a proxy that hangs up is no news

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Knot:
    """Knot DNS, primary of `example.org`, whose names all lead to 127.0.0.1; `key_file` may update it (RFC 2136)."""

    SECRET = "MTIzNDU2Nzg5MGFiY2RlZjEyMzQ1Njc4OTBhYmNkZWY="

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "db").mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.key_file = self.folder / "tsig.key"
        self.key_file.write_text(f"hmac-sha256:acme.key:{self.SECRET}\n")
        (self.folder / "example.org.zone").write_text(
            "$ORIGIN example.org.\n$TTL 60\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.1\n"
            "* A 127.0.0.1\n")
        self.config = self.folder / "knot.conf"
        self.config.write_text(f"""server:
  listen: 127.0.0.1@{self.port}
  rundir: {self.folder}
control:
  listen: {self.folder}/knot.sock
database:
  storage: {self.folder}/db
key:
  - id: acme.key
    algorithm: hmac-sha256
    secret: {self.SECRET}
acl:
  - id: update
    key: acme.key
    action: update
template:
  - id: default
    storage: {self.folder}
    acl: update
    zonefile-sync: -1
zone:
  - domain: example.org
    file: example.org.zone
log:
  - target: stderr
    any: info
""")
        self.process = None

    def start(self):
        self.process = Process(["/usr/sbin/knotd", "-c", self.config], self.folder / "knot.log")
        wait_for("Knot serves", lambda: "[example.org.] loaded" in self.process.output() and (self.folder / "knot.sock").exists())

    def control(self, *words):
        return subprocess.run(["/usr/sbin/knotc", "-c", self.config, "-s", self.folder / "knot.sock", *words],
                              capture_output=True, text=True, check=True).stdout

    def set_txt(self, records):
        """What the zone's owner does by hand; `records` are pairs of a name below example.org and a value."""
        self.control("zone-begin", "example.org")
        for name, value in records:
            self.control("zone-set", "example.org", name + ".", "60", "TXT", f'"{value}"')
        self.control("zone-commit", "example.org")

    def txt_records(self):
        """`owner value` of every TXT record of the zone."""
        words = [line.split() for line in self.control("zone-read", "example.org").splitlines()]
        return [f"{line[1]} {line[-1]}" for line in words if "TXT" in line]

    def stop(self):
        if self.process:
            self.process.stop()
        self.process = None


class Pebble:
    """Let's Encrypt's test server and its DNS, which answers every name with 127.0.0.1."""

    def __init__(self, folder, http_port, tls_port, nonce_reject=5, always_valid=False, authorization_reuse=0,
                 name_server=None, nice=0):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.management = free_port(), free_port()
        self.dns, self.dns_management = free_port(), free_port()
        self.environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": str(nonce_reject),
                            "PEBBLE_AUTHZREUSE": str(authorization_reuse)}
        if always_valid:
            self.environment["PEBBLE_VA_ALWAYS_VALID"] = "1"
        self.certificate, self.key = self.folder / "ca-tls.pem", self.folder / "ca-tls.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", "/CN=pebble test", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(self.certificate), "privateKey": str(self.key),
            "httpPort": http_port, "tlsPort": tls_port, "ocspResponderURL": "",
            "externalAccountBindingRequired": False}}))
        self.name_server = name_server or self.dns  # whom it asks: a port
        self.nice = ["nice", "-n", nice]
        self.pebble = self.names = None

    @property
    def directory(self):
        return f"https://127.0.0.1:{self.port}/dir"

    def start(self):
        self.names = Process(
            [*self.nice, "pebble-challtestsrv", "-http01", "", "-https01", "", "-tlsalpn01", "", "-dns01", f"127.0.0.1:{self.dns}",
             "-management", f"127.0.0.1:{self.dns_management}", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""],
            self.folder / "challtestsrv.log")
        self.pebble = Process(
            [*self.nice, "pebble", "-strict", "-config", self.folder / "pebble.json", "-dnsserver", f"127.0.0.1:{self.name_server}"],
            self.folder / "pebble.log", env=self.environment)
        wait_for("Pebble listens", lambda: listens(self.port) and listens(self.management))
        wait_for("the DNS server listens", lambda: listens(self.dns_management))

    def get(self, path):
        context = ssl.create_default_context(cafile=self.certificate)
        with urllib.request.urlopen(f"https://127.0.0.1:{self.management}{path}", context=context, timeout=10) as reply:
            return reply.read()

    def root(self, path):
        """Writes the root that signs this Pebble's certificates to `path`."""
        path = pathlib.Path(path)
        path.write_bytes(self.get("/roots/0"))
        return path

    def issued(self):
        """How many certificates this Pebble has made, by its own log."""
        return self.pebble.output().count("Issued certificate serial")

    def orders(self):
        """How many orders it has taken."""
        return self.pebble.output().count("Added order ")

    def accounts(self):
        """How many accounts it has made."""
        return self.pebble.output().count("accounts in memory")

    def stop(self):
        for process in (self.pebble, self.names):
            if process:
                process.stop()
        self.pebble = self.names = None


class FakeCa:
    """Our own authority, tests/fake_ca, in Pebble's place: with ARI, limits and faults. `config` is its JSON
    configuration, of which the addresses are ours."""

    def __init__(self, folder, binary, http_port, tls_port, config=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.binary = pathlib.Path(binary)
        self.port, self.management = free_port(), free_port()
        self.certificate = self.folder / "fake-ca-tls-root.pem"
        self.config = self.folder / "fake-ca.json"
        self.config.write_text(json.dumps({
            **(config or {}), "listen": f"127.0.0.1:{self.port}", "management": f"127.0.0.1:{self.management}",
            "http_port": http_port, "tls_port": tls_port, "output_directory": str(self.folder)}))
        self.process = None

    @property
    def directory(self):
        return f"https://127.0.0.1:{self.port}/directory"

    def start(self):
        self.process = Process([self.binary, "--config", self.config], self.folder / "fake-ca.log")
        wait_for("the fake CA listens", lambda: '"directory"' in self.process.output() or self.died())

    def died(self):
        if not self.process.running():
            raise RuntimeError("the fake CA ended: " + self.process.output()[-2000:])
        return False

    def manage(self, path, body=None):
        """A request to its management: a GET without a body, which tests/fake_ca/management.h lists."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.management}{path}", data=data, timeout=10) as reply:
            return reply.read()

    def statistics(self):
        return json.loads(self.manage("/statistics"))

    def certificates(self):
        """All that it has issued, oldest first."""
        return json.loads(self.manage("/certificates"))

    def root(self, path):
        path = pathlib.Path(path)
        path.write_bytes(self.manage("/roots/0"))
        return path

    def issued(self):
        return self.statistics()["issued"]

    def orders(self):
        return self.statistics()["orders"]

    def accounts(self):
        return self.statistics()["accounts"]

    def stop(self):
        if self.process:
            self.process.stop()
        self.process = None


class Edge:
    """HAProxy with the configuration that `acme-spoa haproxy-config` prints, and acme-spoa."""

    def __init__(self, binary, folder=None, place="frontend", nonce_reject=5, always_valid=False, spop="abns", master=False,
                 pebble=True, authorization_reuse=0, authority="pebble", authority_config=None,
                 challenges="", knot=False, authority_nice=0):
        self.binary = pathlib.Path(binary)
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="acme-spoa-"))
        self.place, self.master = place, master
        self.challenges = challenges  # sections of the configuration; see fill()
        self.http_port, self.https_port, self.metrics_port = free_port(), free_port(), free_port()
        self.api_port = free_port()  # where the API asks for a token
        self.application = Application()
        self.knot = Knot(self.folder / "knot") if knot else None
        if authority == "fake":
            fake = os.environ.get("FAKE_CA", self.binary.parent.parent / "tests" / "fake_ca" / "fake_ca")
            resolver = {"resolver": f"127.0.0.1:{self.knot.port}"} if knot else {}
            self.pebble = FakeCa(self.folder / "fake-ca", fake, self.http_port, self.https_port,
                                 {**(authority_config or {}), **resolver})
        else:
            self.pebble = Pebble(self.folder / "pebble", self.http_port, self.https_port, nonce_reject, always_valid,
                                 authorization_reuse, self.knot.port if knot else None, authority_nice)
        self.haproxy_folder = self.folder / "haproxy"
        self.haproxy_folder.mkdir(exist_ok=True)
        self.runtime_socket = self.haproxy_folder / "admin.sock"
        self.spop = {"abns": f"abns@{self.folder.name}", "unix": f"unix@{self.folder}/spop.sock",
                     "tcp": f"127.0.0.1:{free_port()}"}[spop]
        self.config = self.folder / "acme-spoa.yaml"
        self.config.write_text(self.configuration())
        self.haproxy = self.agent = None
        self.haproxy_starts = 0
        if pebble:
            try:
                if self.knot:
                    self.knot.start()
                self.pebble.start()
            except BaseException:
                self.stop()  # nobody else can, of an edge that never was
                raise

    def configuration(self):
        return f"""state_directory: {self.folder}/state
spop:
  listen: [{self.spop}]
  workers: 2
admin:
  socket: {self.folder}/admin.sock
  listen: 127.0.0.1:{self.api_port}
metrics:
  listen: 127.0.0.1:{self.metrics_port}
authorities:
  - name: pebble
    directory: {self.pebble.directory}
    terms_of_service_agreed: true
    ca_file: {self.pebble.certificate}
haproxy:
  certificate_directory: {self.haproxy_folder}/certificates
  crt_list: {self.haproxy_folder}/crt-list.txt
  instances:
    - name: edge
      runtime: unix@{self.runtime_socket}
      verify: [127.0.0.1:{self.https_port}]
log:
  level: debug
{self.fill(self.challenges)}
{"" if "dns:" in self.challenges else self.resolution()}
"""

    def resolution(self):
        """How the daemon looks names up: where Pebble does, and not at all without a name server of ours."""
        if not hasattr(self.pebble, "dns"):
            return "preflight: {caa: false, address: false}"
        return f"dns:\n  resolvers: ['127.0.0.1:{self.pebble.dns}']"

    def fill(self, text):
        """`text` with what only this edge knows: {name}, {folder}, {dns}, {dns_management} and {knot} (ports)."""
        for key, value in {"name": self.folder.name, "folder": self.folder, "dns": getattr(self.pebble, "dns", ""),
                           "knot": self.knot.port if self.knot else "",
                           "dns_management": getattr(self.pebble, "dns_management", "")}.items():
            text = text.replace("{" + key + "}", str(value))
        return text

    # --- acme-spoa

    def start_agent(self, fault_point=None, wait=True):
        if self.agent:
            self.agent.stop()
        environment = {"ACME_SPOA_FAULT_POINT": fault_point} if fault_point else {}
        self.agent = Process([self.binary, "serve", "--config", self.config], self.folder / "acme-spoa.log", env=environment)
        if wait:
            wait_for("acme-spoa is ready", lambda: self.agent_ready() or self.agent_died())
        return self.agent

    def agent_ready(self):
        try:
            return self.get_admin("/readyz")[0] == 200
        except OSError:
            return False

    def agent_died(self):
        if not self.agent.running():
            raise RuntimeError("acme-spoa ended: " + self.agent.output()[-2000:])
        return False

    def get_admin(self, path):
        """A GET on the admin socket: (status, text)."""
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(10)
        with contextlib.closing(connection):
            connection.sock.connect(str(self.folder / "admin.sock"))
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()

    def cli(self, *words, check=True, timeout=120):
        """Runs the command line; returns the finished process with its text output."""
        done = subprocess.run([self.binary, "--config", self.config, *map(str, words)], capture_output=True, text=True,
                              timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError(f"acme-spoa {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def hostname(self, name):
        return json.loads(self.cli("hostname", "show", name, "-o", "json").stdout)

    # --- HAProxy

    def write_haproxy_config(self):
        self.cli("haproxy-config", "--for", "2.6", "--place", self.place, "--output", self.haproxy_folder,
                 "--http", f"127.0.0.1:{self.http_port}", "--https", f"127.0.0.1:{self.https_port}",
                 "--application", f"127.0.0.1:{self.application.port}")

    def start_haproxy(self):
        config = self.haproxy_folder / "haproxy.cfg"
        if not config.exists():
            self.write_haproxy_config()
        mode = ["-W", "-S", str(self.haproxy_folder / "master.sock")] if self.master else []
        self.haproxy_starts += 1
        self.haproxy = Process([HAPROXY, "-db", *mode, "-f", config], self.folder / f"haproxy-{self.haproxy_starts}.log")
        wait_for("HAProxy listens", lambda: (listens(self.http_port) and listens(self.https_port)) or self.haproxy_died())

    def haproxy_died(self):
        if not self.haproxy.running():
            raise RuntimeError("HAProxy ended: " + self.haproxy.output()[-2000:])
        return False

    def runtime(self, command):
        """One command on HAProxy's runtime API, in one-shot mode."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.runtime_socket))
            connection.sendall(command.encode() + b"\n")
            reply = b""
            while chunk := connection.recv(65536):
                reply += chunk
        return reply.decode(errors="replace")

    # --- what a browser sees

    def served(self, name, root=None):
        """A TLS handshake with SNI `name`: the leaf's serial, or None. `root` makes it verify."""
        context = ssl.create_default_context(cafile=root) if root else ssl._create_unverified_context()
        try:
            with socket.create_connection(("127.0.0.1", self.https_port), timeout=10) as plain, \
                    context.wrap_socket(plain, server_hostname=name) as tls:
                der = tls.getpeercert(binary_form=True)
        except OSError:
            return None
        pem = ssl.DER_cert_to_PEM_cert(der)
        text = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True, check=True)
        return text.stdout.strip().removeprefix("serial=")

    def http(self, path, host, port=None, method="GET", headers=None):
        """Plain HTTP through HAProxy: (status, headers, text)."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.http_port, timeout=10)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", host)
            for key, value in (headers or {}).items():
                connection.putheader(key, value)
            connection.endheaders()
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read().decode(errors="replace")

    def stop(self, keep=False):
        for process in (self.agent, self.haproxy):
            if process:
                process.stop()
        self.pebble.stop()
        if self.knot:
            self.knot.stop()
        self.application.stop()
        if self.own_folder and not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind not in (None, KeyboardInterrupt) and self.agent:
            print(f"--- the end of acme-spoa's log ({self.agent.log})")
            print("\n".join(self.agent.output().splitlines()[-40:]))
        self.stop(keep=kind is not None and bool(os.environ.get("ACME_SPOA_KEEP")))
