"""Tenants, zones and wildcards with a real HAProxy and Pebble: nothing is ever not served."""

import contextlib
import threading
import unittest

import edge
import stack

PLATFORM = """challenges:
  types: [http-01, dns-01]
platform:
  wildcard_after: 3
""" + edge.DNS_PROVIDER


class Visitor:
    """Makes TLS handshakes with a name, one after another, and keeps what was served."""

    def __init__(self, running_edge, name, root):
        self.edge, self.name, self.root = running_edge, name, root
        self.serials = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stopped.is_set():
            self.serials.append(self.edge.served(self.name, self.root))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


class Wildcards(edge.EdgeTest):
    options = {"challenges": PLATFORM}
    start = False

    def setUp(self):
        super().setUp()
        edge.write_dns_hook(self.edge)
        self.edge.start_agent()
        self.edge.start_haproxy()
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.edge.cli("tenant", "set", "alice")
        self.edge.cli("zone", "set", "example.org", "--tenant", "alice")

    def serial(self, name):
        serial = self.edge.served(name, self.root)
        self.assertIsNotNone(serial, f"{name} is not served")
        return serial

    def add_four(self):
        """The third brings the wildcard, which covers it and the fourth."""
        for i in range(1, 5):
            self.edge.cli("hostname", "add", f"n{i}.example.org", "--wait")

    def wait_until_files(self, count):
        stack.wait_for(f"{count} files are left", lambda: len(self.bundles()) == count)

    def test_from_the_third_on_a_wildcard_covers_and_those_before_keep_their_own(self):
        self.add_four()
        wildcard = self.serial("*.example.org".replace("*", "anything"))
        self.assertEqual(self.serial("n3.example.org"), wildcard)
        self.assertEqual(self.serial("n4.example.org"), wildcard)
        self.assertEqual(len({self.serial(f"n{i}.example.org") for i in (1, 2, 3)}), 3)
        self.assertEqual(self.edge.pebble.issued(), 3)
        self.assertEqual(self.edge.hostname("n4.example.org")["covered_by"], "*.example.org")
        self.assertIn("wildcard", self.edge.cli("zone", "show", "example.org").stdout)

    def test_a_hostname_moves_to_the_wildcard_and_back_without_a_gap(self):
        self.add_four()
        own, wildcard = self.serial("n1.example.org"), self.serial("n3.example.org")
        with Visitor(self.edge, "n1.example.org", self.root) as visitor:
            self.edge.cli("hostname", "add", "n1.example.org", "--mode", "wildcard")
            stack.wait_for("the wildcard is served", lambda: visitor.serials and visitor.serials[-1] == wildcard)
            self.wait_until_files(2)
            # While the zone follows the policy, automatic would mean the wildcard that is there.
            self.edge.cli("zone", "set", "example.org", "--tenant", "alice", "--wildcard-after", "0")
            self.edge.cli("hostname", "add", "n1.example.org", "--mode", "automatic")
            stack.wait_for("its own is served", lambda: visitor.serials[-1] not in (None, wildcard))
        self.assertNotIn(None, visitor.serials)
        self.assertNotEqual(visitor.serials[-1], own, "a new one")

    def test_a_wildcard_that_is_withdrawn_leaves_no_gap(self):
        self.add_four()
        wildcard = self.serial("n3.example.org")
        with contextlib.ExitStack() as visitors:
            both = [visitors.enter_context(Visitor(self.edge, f"n{i}.example.org", self.root)) for i in (3, 4)]
            self.edge.cli("hostname", "remove", "*.example.org")
            for visitor in both:
                stack.wait_for("its own is served", lambda: visitor.serials and visitor.serials[-1] not in (None, wildcard))
            self.wait_until_files(4)
        for visitor in both:
            self.assertNotIn(None, visitor.serials, visitor.name)
        self.assertIsNone(self.edge.served("anything.example.org"))

    def test_the_wildcard_is_renewed_for_those_that_it_covers(self):
        self.add_four()
        before = self.serial("n4.example.org")
        self.edge.cli("certificate", "renew", "n4.example.org")
        stack.wait_for("the renewed one is served", lambda: self.serial("n4.example.org") != before)
        self.assertEqual(self.serial("n3.example.org"), self.serial("n4.example.org"))
        self.assertEqual(self.edge.hostname("n3.example.org")["state"], "ready")


class Tenants(edge.EdgeTest):
    def setUp(self):
        super().setUp()
        for tenant, zone in (("alice", "example.org"), ("bob", "shop.example.org")):
            self.edge.cli("tenant", "set", tenant)
            self.edge.cli("zone", "set", zone, "--tenant", tenant)

    def remote(self, token, *words, check=True):
        """The command line elsewhere, with a token."""
        path = self.edge.folder / "token"
        path.write_text(token)
        return self.edge.cli("--api", f"http://127.0.0.1:{self.edge.api_port}", "--token-file", path, *words, check=check)

    def test_a_tenant_has_its_own_and_nothing_else(self):
        token = self.edge.cli("token", "add", "alice", "--scope", "tenant", "--tenant", "alice").stdout
        self.remote(token, "hostname", "add", "www.example.org", "--wait")
        self.assert_served("www.example.org")
        for name, rule in (("www.shop.example.org", "not yours"), ("*.shop.example.org", "not yours"),
                           ("notexample.org", "none of your zones")):
            refused = self.remote(token, "hostname", "add", name, check=False)
            self.assertEqual(refused.returncode, 1, name)
            self.assertIn(rule, refused.stderr)
        self.assertNotIn("bob", refused.stderr)
        self.edge.cli("token", "remove", "alice")
        self.assertEqual(self.remote(token, "hostname", "list", check=False).returncode, 1)
        self.assertNotIn(token.strip(), self.edge.agent.output())

    def test_an_import_says_what_it_refuses_and_does_the_rest(self):
        file = self.edge.folder / "names.csv"
        file.write_text("# hostnames\n" + "".join(f"i{i}.example.org,off\n" for i in range(1000)) + "no..name\n")
        done = self.edge.cli("import", file, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{file}:1002: ", done.stderr)
        self.assertEqual(done.stdout, "1000 added, 0 updated, 0 unchanged, 1 refused\n")
        again = self.edge.cli("import", file, check=False)
        self.assertEqual(again.stdout, "0 added, 0 updated, 1000 unchanged, 1 refused\n")


if __name__ == "__main__":
    unittest.main()
