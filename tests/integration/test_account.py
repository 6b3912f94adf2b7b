"""Accounts and revocations, with real authorities, and kill -9 at every step that is written down."""

import json
import signal
import unittest

import edge
import stack

KEY_CHANGE_STEPS = ["account: next key stored", "account: key change answered", "account: key changed"]


def account(the_edge):
    return json.loads(the_edge.cli("account", "list", "-o", "json").stdout)


class KeyChange(edge.EdgeTest):
    start = False

    def crash_at(self, step, then=None):
        self.edge.start_agent(fault_point=step)
        self.edge.start_haproxy()
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.edge.cli("hostname", "add", "before.example.org", "--wait")
        before = account(self.edge)
        self.edge.cli("account", "rollover", "pebble", check=False)
        self.assertEqual(self.edge.agent.wait(60), -signal.SIGKILL, f"never came to {step!r}")
        if then:
            self.edge.start_agent(fault_point=then, wait=False)
            self.assertEqual(self.edge.agent.wait(60), -signal.SIGKILL, f"never came to {then!r}")
        self.edge.start_agent()
        stack.wait_for("the key is changed",
                       lambda: account(self.edge)["thumbprint"] not in (None, before["thumbprint"]))
        self.edge.cli("hostname", "add", "after.example.org", "--wait")
        self.edge.cli("certificate", "renew", "before.example.org", "--wait")
        self.assert_served("before.example.org", "after.example.org")
        after = json.loads(self.edge.cli("account", "show", "pebble", "-o", "json").stdout)
        self.assertEqual(after["url"], before["url"])
        self.assertEqual(after["asked"]["status"], "valid")
        self.assertIsNone(after["next_thumbprint"])

    def test_a_second_crash_while_it_is_found_out_which_key_counts(self):
        self.crash_at("account: key change answered", "account: key change settled")


def add_key_change_tests():
    for step in KEY_CHANGE_STEPS:
        def test(self, step=step):
            self.crash_at(step)
        setattr(KeyChange, "test_" + "".join(c if c.isalnum() else "_" for c in step), test)


add_key_change_tests()


class AccountLife(edge.EdgeTest):
    def test_it_gets_contacts_and_another_key_is_closed_and_replaced(self):
        self.edge.cli("hostname", "add", "one.example.org", "--wait")
        self.edge.cli("account", "contact", "pebble", "mailto:ops@example.org")
        shown = json.loads(self.edge.cli("account", "show", "pebble", "-o", "json").stdout)
        self.assertEqual(shown["asked"], {"status": "valid", "contacts": ["mailto:ops@example.org"]})
        self.edge.cli("account", "rollover", "pebble", "--key-type", "ecdsa-p384", "--wait")
        self.assertEqual(account(self.edge)["key_type"], "ecdsa-p384")
        self.edge.cli("hostname", "add", "two.example.org", "--wait")
        self.edge.cli("account", "deactivate", "pebble", "--yes")
        self.edge.cli("hostname", "add", "three.example.org")
        self.assertIn("account register pebble", self.edge.cli("account", "list").stdout)
        self.edge.cli("account", "register", "pebble")
        self.edge.cli("hostname", "add", "three.example.org", "--wait")
        self.assertNotEqual(account(self.edge)["url"], shown["url"])
        self.assert_served("one.example.org", "two.example.org", "three.example.org")


class Closed(edge.EdgeTest):
    start = False

    def begin(self, fault_point):
        self.edge.start_agent(fault_point=fault_point)
        self.edge.start_haproxy()
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")

    def test_a_crash_before_the_end_of_the_account_is_stored(self):
        self.begin("account: deactivated")
        self.edge.cli("hostname", "add", "one.example.org", "--wait")
        self.edge.cli("account", "deactivate", "pebble", "--yes", check=False)
        self.assertEqual(self.edge.agent.wait(60), -signal.SIGKILL)
        self.edge.start_agent()
        self.edge.cli("hostname", "add", "two.example.org")
        stack.wait_for("it is found out", lambda: account(self.edge)["status"] == "deactivated")
        self.edge.cli("account", "register", "pebble")
        self.edge.cli("hostname", "add", "two.example.org", "--wait")
        self.assert_served("one.example.org", "two.example.org")

    def test_a_crash_before_the_other_account_is_registered(self):
        self.begin(None)
        self.edge.cli("hostname", "add", "one.example.org", "--wait")
        before = account(self.edge)
        self.edge.cli("account", "deactivate", "pebble", "--yes")
        self.edge.start_agent(fault_point="account: new key stored")
        self.edge.cli("account", "register", "pebble", check=False)
        self.assertEqual(self.edge.agent.wait(60), -signal.SIGKILL)
        self.edge.start_agent()
        self.edge.cli("hostname", "add", "two.example.org", "--wait")
        self.assertNotEqual(account(self.edge)["thumbprint"], before["thumbprint"])
        self.assert_served("one.example.org", "two.example.org")


class Revocation(edge.EdgeTest):
    start = False

    def status_of(self, serial):
        """What Pebble has of it: Valid or Revoked."""
        return json.loads(self.edge.pebble.get("/cert-status-by-serial/" + serial.lower()))["Status"]

    def shown(self, which):
        return json.loads(self.edge.cli("certificate", "show", which, "-o", "json").stdout)

    def revoke(self, *options):
        name = "revoked.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        old = self.shown(name)
        self.assertEqual(self.status_of(old["serial"]), "Valid")
        self.edge.cli("certificate", "revoke", name, *options, check=False)
        return name, old

    def assert_replaced(self, name, old):
        stack.wait_for("it is revoked", lambda: self.status_of(old["serial"]) == "Revoked")
        stack.wait_for("we know", lambda: self.shown(old["id"])["revocation"]["state"] == "revoked")
        stack.wait_for("another one is served",
                       lambda: self.edge.served(name, self.root) not in (None, old["serial"]))
        self.assertEqual(self.status_of(self.shown(name)["serial"]), "Valid")

    def begin(self, fault_point=None):
        self.edge.start_agent(fault_point=fault_point)
        self.edge.start_haproxy()
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")

    def test_a_compromised_key_is_revoked_and_replaced(self):
        self.begin()
        self.assert_replaced(*self.revoke("--reason", "keyCompromise"))

    def test_a_superseded_certificate_is_replaced_and_revoked(self):
        self.begin()
        self.assert_replaced(*self.revoke("--reason", "superseded"))

    def test_of_another_account_the_certificates_own_key_revokes(self):
        self.begin()
        name = "revoked.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        old = self.shown(name)
        self.edge.cli("account", "deactivate", "pebble", "--yes")
        self.edge.cli("account", "register", "pebble")
        self.edge.cli("certificate", "revoke", name, "--reason", "keyCompromise")
        self.assert_replaced(name, old)

    def test_an_authority_that_is_away_is_asked_again(self):
        self.begin()
        name = "revoked.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        self.edge.pebble.pebble.send_signal(signal.SIGSTOP)
        try:
            self.edge.cli("certificate", "revoke", name, "--reason", "keyCompromise")
            self.assertEqual(self.shown(name)["revocation"]["state"], "pending")
            self.edge.agent.stop(signal.SIGKILL)
        finally:
            self.edge.pebble.pebble.send_signal(signal.SIGCONT)
        old = None
        self.edge.start_agent()
        revocations = json.loads(self.edge.cli("certificate", "revocations", "-o", "json").stdout)
        old = {"id": str(revocations["certificate"]), "serial": revocations["serial"]}
        self.assert_replaced(name, old)


def add_revocation_tests():
    for step in ["revocation: requested", "revocation: answered", "revocation: stored"]:
        def test(self, step=step):
            self.begin(fault_point=step)
            name, old = self.revoke("--reason", "keyCompromise")
            self.assertEqual(self.edge.agent.wait(60), -signal.SIGKILL, f"never came to {step!r}")
            self.edge.start_agent()
            self.assert_replaced(name, old)
        setattr(Revocation, "test_" + "".join(c if c.isalnum() else "_" for c in step), test)


add_revocation_tests()


class DnsRecord(edge.EdgeTest):
    options = {"pebble": True, "challenges": "challenges:\n  types: [dns-persist-01, http-01]\n"}

    def test_an_owner_is_told_what_to_set(self):
        before = self.edge.cli("dns-record", "www.customer.example").stdout
        self.assertIn("no account yet", before)
        self.assertIn("http-01 needs no record", before)


if __name__ == "__main__":
    unittest.main()
