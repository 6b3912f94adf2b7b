"""Hostnames get certificates, keep them fresh and lose them, with HAProxy left alone."""

import json
import unittest

import edge
import stack


class Issuance(edge.EdgeTest):
    def test_twenty_hostnames_at_once_get_one_certificate_each(self):
        names = [f"host-{i}.customer.example" for i in range(20)]
        pid = self.edge.haproxy.pid
        self.edge.cli("hostname", "add", *names, "--wait")
        self.assert_served(*names)
        self.assertEqual(self.edge.pebble.issued(), 20)
        self.assertEqual(self.edge.pebble.orders(), 20)
        self.assert_no_orphans(20)
        self.assertTrue(self.edge.haproxy.running())
        self.assertEqual(self.edge.haproxy.pid, pid)

    def test_a_renewal_shows_a_new_serial_under_the_same_file(self):
        name = "renew.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        before, files = self.edge.served(name, self.root), self.bundles()
        self.edge.cli("certificate", "renew", name, "--wait")
        after = self.edge.served(name, self.root)
        self.assertNotEqual(before, after)
        self.assertIsNotNone(after)
        self.assertEqual(self.bundles(), files)
        self.assert_no_orphans(1)
        shown = json.loads(self.edge.cli("certificate", "show", name, "-o", "json").stdout)
        self.assertEqual(int(shown["serial"], 16), int(after, 16))

    def test_a_removed_hostname_is_no_longer_served_and_leaves_no_file(self):
        self.edge.cli("hostname", "add", "stays.example.org", "goes.example.org", "--wait")
        self.assert_served("stays.example.org", "goes.example.org")
        self.edge.cli("hostname", "remove", "goes.example.org")
        stack.wait_for("the certificate is gone", lambda: self.edge.served("goes.example.org") is None)
        self.assert_served("stays.example.org")
        stack.wait_for("its file is gone", lambda: len(self.bundles()) == 1)
        self.assert_no_orphans(1)
        self.assertNotIn("goes.example.org", self.edge.runtime("show ssl cert"))

    def test_a_removed_hostname_can_come_back(self):
        name = "back.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        self.edge.cli("hostname", "remove", name)
        self.edge.cli("hostname", "add", name, "--wait")
        self.assert_served(name)
        stack.wait_for("only its new file is left", lambda: len(self.bundles()) == 1)

    def test_plain_http_goes_to_https_only_once_the_certificate_is_served(self):
        name = "redirect.example.org"
        status, _, _ = self.edge.http("/", name)
        self.assertEqual(status, 200)
        self.edge.cli("hostname", "add", name, "--wait")
        status, headers, _ = self.edge.http("/path?query=1", name.upper() + ":80")
        self.assertEqual(status, 301)
        self.assertEqual({key.lower(): value for key, value in headers.items()}["location"].split("://")[0], "https")
        self.edge.cli("hostname", "remove", name)
        stack.wait_for("plain HTTP is answered again", lambda: self.edge.http("/", name)[0] == 200)

    def test_adding_the_same_hostname_again_changes_nothing(self):
        name = "same.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        self.edge.cli("hostname", "add", name, "--wait")
        self.assertEqual(self.edge.pebble.issued(), 1)

    def test_an_idn_is_issued_under_its_a_label(self):
        self.edge.cli("hostname", "add", "BÜCHER.Example.org", "--wait")
        self.assert_served("xn--bcher-kva.example.org")


class UnreliableNonces(edge.EdgeTest):
    options = {"nonce_reject": 50}

    def test_issuance_holds_when_half_of_all_nonces_are_refused(self):
        names = [f"nonce-{i}.example.org" for i in range(6)]
        self.edge.cli("hostname", "add", *names, "--wait")
        self.assert_served(*names)
        self.assertEqual(self.edge.pebble.issued(), 6)


class Transports(unittest.TestCase):
    """SPOP over every kind of socket that HAProxy's chroot leaves reachable, and both placements."""

    def issue(self, **options):
        with edge.make_edge(**options) as running:
            running.start_agent()
            running.start_haproxy()
            running.cli("hostname", "add", "transport.example.org", "--wait")
            root = running.pebble.root(running.folder / "root.pem")
            self.assertIsNotNone(running.served("transport.example.org", root))

    def test_tcp(self):
        self.issue(spop="tcp", place="backend")

    def test_unix(self):
        self.issue(spop="unix", place="frontend")

    def test_abstract_in_a_backend(self):
        self.issue(spop="abns", place="backend")


if __name__ == "__main__":
    unittest.main()
