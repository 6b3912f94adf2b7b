"""Certificates with several names: packed, split where a name is dead, renewed together."""

import json
import unittest
import urllib.request

import edge
import stack

NAMES = [f"shop-{letter}.example.org" for letter in "abcde"]


class Packing(edge.EdgeTest):
    options = {"challenges": "certificates: {names_per_certificate: 10}\n"}

    def tell_dns(self, path, body):
        url = f"http://127.0.0.1:{self.edge.pebble.dns_management}/{path}"
        urllib.request.urlopen(url, data=json.dumps(body).encode(), timeout=10).close()

    def certificate(self, name):
        return self.edge.hostname(name)["certificate"]

    def serials(self, names):
        return {self.edge.served(name, self.root) for name in names}

    def assert_one_certificate(self, names):
        serials = self.serials(names)
        self.assertEqual(len(serials), 1, serials)
        self.assertNotIn(None, serials)
        self.assertEqual(sorted(self.certificate(names[0])["names"]), sorted(names))

    def test_names_that_come_together_share_one_order_and_are_renewed_together(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        self.assert_one_certificate(NAMES)
        self.assertEqual((self.edge.pebble.orders(), self.edge.pebble.issued()), (1, 1))
        self.assert_no_orphans(1)
        before = self.serials(NAMES)
        self.edge.cli("certificate", "renew", *NAMES, "--wait")
        self.assert_one_certificate(NAMES)
        self.assertNotEqual(self.serials(NAMES), before)
        self.assertEqual((self.edge.pebble.orders(), self.edge.pebble.issued()), (2, 2))
        self.assert_no_orphans(1)

    def test_a_dead_name_costs_that_name(self):
        dead, good = NAMES[2], NAMES[:2] + NAMES[3:]
        self.tell_dns("add-a", {"host": f"{dead}.", "addresses": ["127.0.0.9"]})  # nobody listens there
        self.edge.cli("hostname", "add", *NAMES)
        stack.wait_for("the good ones are served", lambda: None not in self.serials(good))
        self.assert_one_certificate(good)
        shown = self.edge.hostname(dead)
        self.assertEqual((shown["certificate"], shown["failures"]), (None, 1))
        self.assertIn("refused", shown["last_error"])
        self.assertEqual([self.edge.hostname(name)["failures"] for name in good], [0] * 4)
        self.assertEqual((self.edge.pebble.orders(), self.edge.pebble.issued()), (2, 1))
        # It is back: alone, as it has failed, and nobody else hears of it.
        self.tell_dns("clear-a", {"host": f"{dead}."})
        before = self.serials(good)
        self.edge.cli("certificate", "renew", dead, "--wait")
        self.assert_served(dead)
        self.assertEqual(self.certificate(dead)["names"], [dead])
        self.assertEqual(self.serials(good), before)
        self.assert_no_orphans(2)

    def test_the_certificate_of_a_removed_hostname_goes_on_for_the_others(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        file_name = NAMES[0]  # the file is called after it
        others, before = NAMES[1:], self.serials(NAMES)
        self.edge.cli("hostname", "remove", file_name)
        self.assertEqual(self.serials(others), before)
        self.assert_no_orphans(1)
        self.edge.cli("certificate", "renew", *others, "--wait")
        self.assert_one_certificate(others)
        stack.wait_for("the removed one is not served", lambda: self.edge.served(file_name) is None)
        stack.wait_for("the old file is gone", lambda: len(self.bundles()) == 1)
        self.assert_no_orphans(1)
        self.assert_one_certificate(others)
        self.assertEqual(self.edge.pebble.orders(), 2)


class PackedKeyTypes(Packing):
    """The same with two key types: the second certificate has the names of the first."""

    options = {"challenges": "certificates: {names_per_certificate: 10, key_types: [ecdsa-p256, rsa-2048]}\n"}

    def second(self, name):
        return self.edge.hostname(name).get("second_certificate") or {}

    def test_names_that_come_together_share_one_order_and_are_renewed_together(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        stack.wait_for("the second is served", lambda: all(self.second(name).get("stage") == "served" for name in NAMES))
        self.assertEqual(sorted(self.second(NAMES[0])["certificate"]["names"]), NAMES)
        self.assertEqual((self.edge.pebble.orders(), self.edge.pebble.issued()), (2, 2))
        self.assert_no_orphans(2)

    test_a_dead_name_costs_that_name = None
    test_the_certificate_of_a_removed_hostname_goes_on_for_the_others = None


if __name__ == "__main__":
    unittest.main()
