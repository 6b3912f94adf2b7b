"""Two key types side by side: each client gets the certificate that it can check."""

import signal
import socket
import ssl
import subprocess
import unittest

import edge
import stack

BOTH = "certificates: {key_types: [ecdsa-p256, rsa-2048]}\n"
ECDSA = "certificates: {key_types: [ecdsa-p256]}\n"
RSA = "certificates: {key_type: rsa-2048}\n"
# What a TLS 1.2 client offers that can check only one of them.
CIPHERS = {"ecdsa": "ECDHE-ECDSA-AES128-GCM-SHA256", "rsa": "ECDHE-RSA-AES128-GCM-SHA256"}


def describe(der, *what):
    pem = ssl.DER_cert_to_PEM_cert(der)
    return subprocess.run(["openssl", "x509", "-noout", *what], input=pem, capture_output=True, text=True, check=True).stdout


class KeyTypesTest(edge.EdgeTest):
    def handshake(self, name, algorithm):
        """The leaf that such a client gets, verified to the root; None if it gets none."""
        context = ssl.create_default_context(cafile=self.root)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS[algorithm])
        try:
            with socket.create_connection(("127.0.0.1", self.edge.https_port), timeout=10) as plain, \
                    context.wrap_socket(plain, server_hostname=name) as tls:
                return tls.getpeercert(binary_form=True)
        except OSError:
            return None

    def serial(self, name, algorithm):
        """Of the leaf with a key of that algorithm; None if it is not served."""
        der = self.handshake(name, algorithm)
        if der is None:
            return None
        expected = {"ecdsa": "id-ecPublicKey", "rsa": "rsaEncryption"}[algorithm]
        self.assertIn(f"Public Key Algorithm: {expected}", describe(der, "-text"))
        return describe(der, "-serial").strip()

    def serials(self, name):
        return [self.serial(name, algorithm) for algorithm in CIPHERS]

    def second(self, name):
        return self.edge.hostname(name).get("second_certificate")

    def is_second_served(self, name):
        second = self.second(name)
        return bool(second and second["stage"] == "served" and second["certificate"]["state"] == "served")

    def wait_for_both(self, *names):
        for name in names:
            stack.wait_for(f"{name} has its second certificate", lambda: self.is_second_served(name))

    def restart_agent(self, certificates):
        self.edge.challenges = certificates
        self.edge.config.write_text(self.edge.configuration())
        self.edge.start_agent()


class BothKeyTypes(KeyTypesTest):
    options = {"challenges": BOTH}

    def test_each_client_gets_its_own_after_issuance_a_restart_and_a_renewal(self):
        name = "both.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        self.wait_for_both(name)
        issued = self.serials(name)
        self.assertNotIn(None, issued)
        self.assertEqual(len(set(issued)), 2)
        self.assert_no_orphans(2)
        self.assertEqual(self.edge.pebble.issued(), 2)
        shown = self.edge.hostname(name)
        self.assertEqual((shown["certificate"]["key"], shown["second_certificate"]["certificate"]["key"]), ("ecdsa", "rsa"))
        self.assertIn("second certificate", self.edge.cli("hostname", "show", name).stdout)

        self.edge.haproxy.stop(signal.SIGKILL)
        self.edge.start_haproxy()
        self.assertEqual(self.serials(name), issued, "what HAProxy found on disk")

        self.edge.cli("certificate", "renew", name, "--wait")
        stack.wait_for("both are renewed", lambda: not set(self.serials(name)) & {*issued, None})
        self.wait_for_both(name)
        self.assert_no_orphans(2)
        self.assertEqual(self.edge.pebble.issued(), 4)
        renewed = self.serials(name)
        self.edge.haproxy.stop(signal.SIGKILL)
        self.edge.start_haproxy()
        self.assertEqual(self.serials(name), renewed)
        verified = self.edge.cli("verify", name).stdout
        self.assertNotIn("another certificate", verified)

    def test_all_names_get_both_and_a_removed_one_loses_both(self):
        names = [f"both-{i}.example.org" for i in range(5)]
        self.edge.cli("hostname", "add", *names, "--wait")
        self.wait_for_both(*names)
        self.assert_no_orphans(10)
        self.edge.cli("hostname", "remove", names[0])
        stack.wait_for("its files are gone", lambda: len(self.bundles()) == 8)
        stack.wait_for("it is not served", lambda: self.serials(names[0]) == [None, None])
        self.assertNotIn(None, self.serials(names[1]))

    def test_the_daemon_killed_while_it_orders_the_second_goes_on_with_it(self):
        name = "killed.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        stack.wait_for("the second is under way or there", lambda: self.second(name))
        self.edge.agent.stop(signal.SIGKILL)
        self.edge.start_agent()
        self.wait_for_both(name)
        self.assertNotIn(None, self.serials(name))
        self.assertEqual(self.edge.pebble.issued(), 2)


class KeyTypesThatChange(KeyTypesTest):
    options = {"challenges": ECDSA}

    def test_the_second_one_comes_and_goes_with_the_configuration(self):
        name = "changes.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        ecdsa = self.serial(name, "ecdsa")
        self.assertEqual(self.serials(name), [ecdsa, None])
        self.restart_agent(BOTH)
        self.wait_for_both(name)
        both = self.serials(name)
        self.assertEqual(both[0], ecdsa)
        self.assertIsNotNone(both[1])
        self.restart_agent(ECDSA)
        stack.wait_for("the second is gone", lambda: self.serials(name) == [ecdsa, None])
        stack.wait_for("so is its file", lambda: len(self.bundles()) == 1)
        self.assertIsNone(self.second(name))

    def test_what_stays_takes_the_firsts_place(self):
        name = "stays.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        self.restart_agent(BOTH)
        self.wait_for_both(name)
        rsa = self.serial(name, "rsa")
        self.restart_agent(RSA)
        stack.wait_for("only RSA is left", lambda: self.serials(name) == [None, rsa])
        stack.wait_for("and one file", lambda: len(self.bundles()) == 1)
        self.assertEqual(self.edge.hostname(name)["state"], "ready")
        self.edge.cli("certificate", "renew", name, "--wait")
        stack.wait_for("it is renewed", lambda: self.serial(name, "rsa") not in (None, rsa))
        stack.wait_for("with one file", lambda: len(self.bundles()) == 1)


class SecondThatFails(KeyTypesTest):
    options = {"authority": "fake", "challenges": BOTH}

    def test_it_is_seen_and_tried_again_and_the_first_knows_nothing_of_it(self):
        name = "lonely.customer.example"
        self.edge.pebble.manage("/faults", [{
            "kind": "problem", "endpoint": "finalize", "first": 2, "count": 2,
            "problem": {"type": "badCSR", "status": 400, "detail": "no RSA today"}}])
        self.edge.cli("hostname", "add", name, "--wait")
        stack.wait_for("its failure is shown", lambda: (self.second(name) or {}).get("failures"))
        shown = self.edge.hostname(name)
        self.assertEqual((shown["state"], shown["stage"], shown["failures"]), ("ready", "served", 0))
        self.assertIn("no RSA today", shown["second_certificate"]["last_error"])
        self.assertIn("no RSA today", self.edge.cli("hostname", "show", name).stdout)
        self.assertIsNotNone(shown["second_certificate"]["next_attempt"])
        self.assertIn("acme_spoa_second_certificates_failing 1", self.edge.get_admin("/metrics")[1])
        before = self.serial(name, "ecdsa")
        self.assertIsNotNone(before)
        self.edge.cli("certificate", "renew", name, "--wait")
        self.wait_for_both(name)
        self.assertNotIn(None, self.serials(name))
        self.assertNotEqual(self.serial(name, "ecdsa"), before)


class KeyReuse(KeyTypesTest):
    options = {"challenges": "certificates: {key_types: [ecdsa-p256, rsa-2048], reuse_key: true}\n"}

    def keys(self, name):
        return [describe(self.handshake(name, algorithm), "-pubkey") for algorithm in CIPHERS]

    def test_renewals_keep_the_private_keys_until_that_is_turned_off(self):
        name = "pinned.example.org"
        self.edge.cli("hostname", "add", name, "--wait")
        self.wait_for_both(name)
        keys, issued = self.keys(name), self.serials(name)
        self.edge.cli("certificate", "renew", name, "--wait")
        stack.wait_for("both are renewed", lambda: not set(self.serials(name)) & {*issued, None})
        self.assertEqual(self.keys(name), keys)
        self.wait_for_both(name)
        self.restart_agent(BOTH)
        issued = self.serials(name)
        self.edge.cli("certificate", "renew", name, "--wait")
        stack.wait_for("both are renewed again", lambda: not set(self.serials(name)) & {*issued, None})
        self.assertFalse(set(self.keys(name)) & set(keys))


if __name__ == "__main__":
    unittest.main()
