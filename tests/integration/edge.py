"""What the integration tests share: the binary under test, and a test case with one running edge."""

import os
import pathlib
import signal
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import stack  # noqa: E402

BINARY = os.environ.get("ACME_SPOA", str(ROOT / "build" / "dev" / "agent" / "acme-spoa"))


# Pebble's name server has neither SOA nor NS and takes no updates: a program in lego's way tells it.
DNS_PROVIDER = """dns:
  resolvers: [127.0.0.1:{dns}]
  propagation:
    check: resolvers
    interval: 100ms
  providers:
    - name: challtestsrv
      type: program
      program: {folder}/hook
      parallel: 4
"""

DNS_HOOK = """#!/usr/bin/env python3
import json, sys, urllib.request
action, fqdn, value = sys.argv[1:]
with open("{folder}/hook.log", "a") as log:
    log.write(f"{action} {fqdn} {value}\\n")
path = {"present": "set-txt", "cleanup": "clear-txt"}[action]
body = {"host": fqdn, "value": value}
urllib.request.urlopen(f"http://127.0.0.1:{dns_management}/{path}", data=json.dumps(body).encode(), timeout=10)
"""


def write_dns_hook(running_edge):
    """The program of DNS_PROVIDER; what it was told is in `hook.log`."""
    hook = running_edge.folder / "hook"
    hook.write_text(running_edge.fill(DNS_HOOK))
    hook.chmod(0o700)


def make_edge(**options):
    return stack.Edge(BINARY, **options)


class EdgeTest(unittest.TestCase):
    """Each test gets an edge with everything running; `options` are stack.Edge's."""

    options = {}
    start = True

    def setUp(self):
        self.edge = self.enterContext(make_edge(**self.options))
        if self.start:
            self.edge.start_agent()
            self.edge.start_haproxy()
            self.root = self.edge.pebble.root(self.edge.folder / "root.pem")

    def tearDown(self):
        result = self._outcome.result
        if any(test is self for test, _ in result.errors + result.failures) and self.edge.agent:
            print(f"\n--- the end of acme-spoa's log\n" + "\n".join(self.edge.agent.output().splitlines()[-60:]))

    def crash_at(self, step, name):
        """The daemon is killed at `step` (agent/fault) while it looks after `name`, and started again: it finishes the
        same order, once, by the same account."""
        authority = self.edge.pebble
        orders, issued = authority.orders(), authority.issued()
        self.edge.start_agent(fault_point=step)
        if not self.edge.haproxy:
            self.edge.start_haproxy()
        self.edge.cli("hostname", "add", name)
        self.assertEqual(self.edge.agent.wait(60), -signal.SIGKILL, f"never came to {step!r}")
        self.edge.start_agent()
        self.edge.cli("hostname", "add", name, "--wait")
        root = authority.root(self.edge.folder / "root.pem")
        self.assertIsNotNone(self.edge.served(name.replace("*", "any"), root), f"{name} is not served")
        self.assertEqual(authority.orders() - orders, 1, "orders at the authority")
        self.assertEqual(authority.issued() - issued, 1, "certificates")
        self.assertEqual(authority.accounts(), 1, "accounts")

    def assert_served(self, *names):
        """HAProxy shows a certificate for each name that Pebble's root vouches for."""
        for name in names:
            self.assertIsNotNone(self.edge.served(name, self.root), f"{name} is not served")

    def crt_list(self):
        path = self.edge.haproxy_folder / "crt-list.txt"
        return [line for line in path.read_text().splitlines() if line.strip()]

    def bundles(self):
        """Every file below the certificates' folder, temporary ones included."""
        folder = self.edge.haproxy_folder / "certificates"
        return sorted(path for path in folder.rglob("*") if path.is_file())

    def assert_no_orphans(self, count):
        """As many files as lines as certificates, and nothing half-written."""
        self.assertEqual(sorted(map(str, self.bundles())), sorted(line.split()[0] for line in self.crt_list()))
        self.assertEqual(len(self.bundles()), count)
