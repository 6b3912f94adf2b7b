"""Every way of proving a name, against Pebble, through HAProxy."""

import socket
import ssl
import unittest

import edge
import stack

TLS_ALPN = """challenges:
  types: [tls-alpn-01]
  tls_alpn:
    listen: abns@alpn-{name}
"""

DNS = """challenges:
  types: [dns-01, http-01]
""" + edge.DNS_PROVIDER


class Preflight(edge.EdgeTest):
    # Pebble's name server says 127.0.0.1 of every name.
    options = {"challenges": "preflight: {own_addresses: [192.0.2.1]}\n"}

    def test_a_name_that_points_elsewhere_costs_no_order(self):
        name = "elsewhere.example.org"
        done = self.edge.cli("hostname", "add", name, "--wait", check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn("elsewhere.example.org points to 127.0.0.1; it has to point to 192.0.2.1", done.stdout + done.stderr)
        self.assertEqual(self.edge.pebble.orders(), 0)


class TlsAlpn(edge.EdgeTest):
    options = {"challenges": TLS_ALPN}

    def test_names_are_proven_by_tls_on_the_port_that_visitors_use(self):
        names = [f"alpn-{i}.example.org" for i in range(5)]
        self.edge.cli("hostname", "add", *names, "--wait")
        self.assert_served(*names)
        self.assertEqual(self.edge.pebble.issued(), 5)
        log = self.edge.pebble.pebble.output()
        self.assertNotIn("/.well-known/acme-challenge/", log)
        self.assertEqual(self.edge.application.requests, [])

    def test_a_name_without_an_order_is_shown_no_certificate(self):
        context = ssl._create_unverified_context()
        context.set_alpn_protocols(["acme-tls/1"])
        with socket.create_connection(("127.0.0.1", self.edge.https_port), timeout=10) as plain:
            with self.assertRaises(ssl.SSLError) as refused:
                context.wrap_socket(plain, server_hostname="nobody.example.org")
        self.assertIn("UNRECOGNIZED_NAME", str(refused.exception).upper().replace(" ", "_"))

    def test_visitors_of_a_served_name_are_not_sent_to_the_responder(self):
        name = "visitor.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        context = ssl.create_default_context(cafile=self.root)
        context.set_alpn_protocols(["http/1.1"])
        with socket.create_connection(("127.0.0.1", self.edge.https_port), timeout=10) as plain, \
                context.wrap_socket(plain, server_hostname=name) as tls:
            self.assertEqual(tls.selected_alpn_protocol(), "http/1.1")

    def test_an_ipv4_address_is_proven_by_its_reverse_name(self):
        self.edge.cli("hostname", "add", "127.0.0.1")
        stack.wait_for("Pebble has issued", lambda: self.edge.pebble.issued() == 1)
        stack.wait_for("its file is there", lambda: ["127.0.0.1" in path.name for path in self.bundles()] == [True])
        self.assertIn("BEGIN CERTIFICATE", self.bundles()[0].read_text())


class LeftAlone(edge.EdgeTest):
    """The challenge path belongs to the application."""

    options = {"challenges": TLS_ALPN.replace("[tls-alpn-01]", "[http-01, tls-alpn-01]")}

    def test_a_hostname_whose_challenge_path_is_left_alone_is_proven_otherwise(self):
        self.edge.cli("hostname", "add", "own.example.org", "--challenge-path", "left_alone", "--wait")
        self.edge.cli("hostname", "add", "usual.example.org", "--wait")
        self.assert_served("own.example.org", "usual.example.org")
        hosts = [line for line in self.edge.pebble.pebble.output().splitlines() if "/.well-known/acme-challenge/" in line]
        self.assertTrue(any("usual.example.org" in line for line in hosts))
        self.assertFalse(any("own.example.org" in line for line in hosts))
        self.assertEqual(self.edge.application.requests, [])


class FrontendLeftAlone(edge.EdgeTest):
    options = {"challenges": "challenges: {frontends_left_alone: [http-in]}\n"}

    def test_challenges_that_come_to_it_are_the_applications(self):
        done = self.edge.cli("hostname", "add", "www.example.org", "--wait", check=False)
        self.assertEqual(done.returncode, 4)
        self.assertTrue(any(path.startswith("/.well-known/acme-challenge/") for _, path in self.edge.application.requests))


class HttpOfAddresses(edge.EdgeTest):
    def test_an_address_is_proven_by_http(self):
        self.edge.cli("hostname", "add", "127.0.0.1")
        stack.wait_for("Pebble has issued", lambda: self.edge.pebble.issued() == 1)


class Wildcards(edge.EdgeTest):
    def test_a_wildcard_without_a_dns_method_is_refused_with_the_key_that_is_missing(self):
        done = self.edge.cli("hostname", "add", "*.example.org", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("challenges.types", done.stderr)
        self.assertIn("dns-01", done.stderr)
        self.assertNotEqual(self.edge.cli("hostname", "show", "*.example.org", check=False).returncode, 0)


class Dns(edge.EdgeTest):
    options = {"challenges": DNS}
    start = False

    def setUp(self):
        super().setUp()
        edge.write_dns_hook(self.edge)

    def begin(self):
        self.edge.start_agent()
        self.edge.start_haproxy()

    def calls(self):
        log = self.edge.folder / "hook.log"
        return [line.split() for line in log.read_text().splitlines()] if log.exists() else []

    def assert_cleaned_up(self):
        added = {(fqdn, value) for action, fqdn, value in self.calls() if action == "present"}
        removed = {(fqdn, value) for action, fqdn, value in self.calls() if action == "cleanup"}
        self.assertTrue(added)
        self.assertEqual(added, removed)

    def test_a_wildcard_is_proven_by_dns_and_serves_the_names_below_it(self):
        self.begin()
        self.edge.cli("hostname", "add", "*.wild.example.org", "--wait")
        root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.assertIsNotNone(self.edge.served("any.wild.example.org", root))
        self.assertIsNone(self.edge.served("two.levels.wild.example.org"))
        self.assertTrue(all(fqdn == "_acme-challenge.wild.example.org." for _, fqdn, _ in self.calls()))
        self.assert_cleaned_up()
        self.assertEqual(len(self.bundles()), 1)
        self.assertIn("_wildcard.wild.example.org.pem", str(self.bundles()[0]))

    def test_names_and_addresses_each_take_a_type_that_can_prove_them(self):
        self.begin()
        self.edge.cli("hostname", "add", "plain.example.org", "--wait")
        self.edge.cli("hostname", "add", "127.0.0.1")
        stack.wait_for("Pebble has issued both", lambda: self.edge.pebble.issued() == 2)
        self.assertEqual({fqdn for _, fqdn, _ in self.calls()}, {"_acme-challenge.plain.example.org."})


if __name__ == "__main__":
    unittest.main()
