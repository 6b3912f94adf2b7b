"""The demo: three hostnames from "added" to "served over HTTPS", and a renewal, with no reload."""

import hashlib
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stack  # noqa: E402

HOSTNAMES = ["shop.alice.example", "blog.bob.example", "www.carol.example"]


def title(text):
    print(f"\n== {text}", flush=True)


def run(edge, *words):
    """Shows a command and what it prints."""
    print("$ acme-spoa " + " ".join(words), flush=True)
    status = subprocess.run([edge.binary, *words, "--config", edge.config]).returncode
    if status != 0:
        raise SystemExit(f"the command ended with exit status {status}")


def fetch(edge, name, root):
    """The same request a browser would make, by curl, with Pebble's root as the only one it trusts."""
    command = ["curl", "-sS", "--cacert", root, "--connect-to", f"{name}:443:127.0.0.1:{edge.https_port}", f"https://{name}/"]
    print("$ " + " ".join(map(str, command)))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print("  " + done.stdout.strip(), flush=True)
    if name not in done.stdout:
        raise SystemExit(f"{name}: the answer is not the application's")


def fingerprint(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def haproxy_facts(edge):
    """What must not change: the process and what it was configured with."""
    config = edge.haproxy_folder / "haproxy.cfg"
    spoe = edge.haproxy_folder / "acme-spoa.spoe.conf"
    return edge.haproxy.pid, fingerprint(config), fingerprint(spoe), edge.runtime("show info").split("\nPid: ")[1].split()[0]


def prove(edge):
    root = edge.pebble.root(edge.folder / "pebble-root.pem")
    before = haproxy_facts(edge)
    title("3. three hostnames are added")
    started = time.monotonic()
    run(edge, "hostname", "add", *HOSTNAMES, "--wait")
    took = time.monotonic() - started
    print(f"issued, deployed and proven in {took:.2f} s")

    title("4. each is served over HTTPS")
    for name in HOSTNAMES:
        fetch(edge, name, root)
    status, headers, _ = edge.http("/", HOSTNAMES[0])
    print(f"plain HTTP is sent to HTTPS: {status} {headers.get('location', headers.get('Location'))}")

    title("5. one is renewed")
    name = HOSTNAMES[0]
    old = edge.served(name, root)
    run(edge, "certificate", "renew", name, "--wait")
    new = edge.served(name, root)
    print(f"serial before {old}\nserial now    {new}")
    if not new or new == old:
        raise SystemExit("the renewed certificate is not served")

    title("6. HAProxy was left alone")
    after = haproxy_facts(edge)
    print(f"pid {before[0]} before, {after[0]} now; configuration {before[1]} before, {after[1]} now")
    if before != after or not edge.haproxy.running():
        raise SystemExit("HAProxy's process or configuration changed")
    run(edge, "hostname", "list")
    return took


def advice(edge):
    cli = f"{edge.binary} %s --config {edge.config}"
    title("It is all still running. Try, in another terminal:")
    for words in ("hostname add my-own.name.example --wait", "certificate list", "certificate renew blog.bob.example --wait",
                  "hostname remove www.carol.example"):
        print("  " + cli % words)
    print(f"  curl -s http://127.0.0.1:{edge.metrics_port}/metrics | grep acme_spoa")
    print(f"  curl --cacert {edge.folder}/pebble-root.pem --connect-to ::127.0.0.1:{edge.https_port} https://blog.bob.example/")
    print(f"  less {edge.folder}/acme-spoa.log {edge.haproxy_folder}/haproxy.cfg")
    print("Ctrl-C ends and removes everything.", flush=True)


def main():
    arguments = sys.argv[1:]
    once = "--once" in arguments
    if not arguments or set(arguments[1:]) - {"--once"}:
        raise SystemExit("usage: scripts/demo [--once]")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    started = time.monotonic()
    title("2. Pebble (the ACME server), HAProxy and acme-spoa start, on free loopback ports")
    with stack.Edge(pathlib.Path(arguments[0]).resolve()) as edge:
        print(f"folder   {edge.folder}\nPebble   {edge.pebble.directory}")
        edge.start_agent()
        print(f"daemon   acme-spoa, pid {edge.agent.pid}, configuration {edge.config}")
        edge.start_haproxy()
        print(f"HAProxy  pid {edge.haproxy.pid}, http 127.0.0.1:{edge.http_port}, https 127.0.0.1:{edge.https_port}")
        issuance = prove(edge)
        print(f"\nproof held: {time.monotonic() - started:.1f} s from the first process to here, {issuance:.2f} s of it for the three hostnames")
        if once:
            return
        advice(edge)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("\nending")


if __name__ == "__main__":
    main()
