"""Certificates that owners bring, with a real HAProxy: nobody ever meets a handshake without one."""

import signal
import subprocess
import unittest

import edge
import stack
from test_platform import Visitor

NAME = "www.example.org"


class Authority:
    """Another authority, made with openssl: a root that signs."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
                     "-subj", "/CN=Another Root", "-keyout", folder / "root.key", "-out", folder / "root.pem")

    def openssl(self, *words):
        return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout

    def sign(self, csr, serial, names=(NAME,)):
        extensions = self.folder / "extensions"
        extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
        out = self.folder / f"{serial}.pem"
        self.openssl("x509", "-req", "-in", csr, "-CA", self.folder / "root.pem", "-CAkey", self.folder / "root.key",
                     "-set_serial", f"0x{serial}", "-days", "60", "-sha256", "-extfile", extensions, "-out", out)
        return out

    def make(self, serial, names=(NAME,)):
        """A key of its own, and the certificate."""
        key, csr = self.folder / f"{serial}.key", self.folder / f"{serial}.csr"
        self.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", csr)
        return key, self.sign(csr, serial, names)

    def pack(self, key, chain, passphrase):
        out = chain.with_suffix(".p12")
        self.openssl("pkcs12", "-export", "-inkey", key, "-in", chain, "-passout", f"pass:{passphrase}", "-out", out)
        return out


class Custom(edge.EdgeTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.edge.folder / "another")
        self.edge.cli("hostname", "add", NAME, "--wait")

    def install(self, *words, check=True):
        return self.edge.cli("certificate", "install", NAME, *words, check=check)

    def visitor(self):
        return Visitor(self.edge, NAME, None)

    def test_a_csr_is_signed_installed_and_served(self):
        csr = self.edge.folder / "www.csr"
        self.edge.cli("certificate", "csr", NAME, "--organization", "Example Ltd", "--country", "IE", "-o", csr)
        self.assertIn("O = Example Ltd", self.authority.openssl("req", "-in", csr, "-noout", "-subject", "-verify"))
        with self.visitor() as visitor:
            self.install("--chain", self.authority.sign(csr, "C001"), "--wait")
            self.assertEqual(self.edge.served(NAME), "C001")
        self.assertNotIn(None, visitor.serials)
        self.assertEqual(self.edge.hostname(NAME)["mode"], "custom")
        stack.wait_for("the automatic one has gone", lambda: len(self.bundles()) == 1)
        self.edge.haproxy.stop()
        self.edge.start_haproxy()
        self.assertEqual(self.edge.served(NAME), "C001", "after a restart")

    def test_it_is_replaced_and_left_without_a_gap(self):
        key, chain = self.authority.make("C001")
        self.install("--chain", chain, "--key", key, "--wait")
        with self.visitor() as visitor:
            key, chain = self.authority.make("C002")
            secret = self.edge.folder / "secret"
            secret.write_text("open sesame\n")
            self.install("--pkcs12", self.authority.pack(key, chain, "open sesame"), "--passphrase-file", secret, "--wait")
            self.assertEqual(self.edge.served(NAME), "C002")
            self.edge.cli("hostname", "add", NAME, "--mode", "automatic")
            stack.wait_for("an ordered one is served", lambda: visitor.serials[-1] not in (None, "C001", "C002"))
        self.assertNotIn(None, visitor.serials)
        self.assert_served(NAME)
        stack.wait_for("the custom one has gone", lambda: len(self.bundles()) == 1)

    def test_what_is_wrong_is_refused_with_its_rule_and_changes_nothing(self):
        before = self.edge.served(NAME, self.root)
        key, _ = self.authority.make("C001")
        _, chain = self.authority.make("C002")
        refused = self.install("--chain", chain, "--key", key, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the key belongs to none of the certificates", refused.stderr)
        key, chain = self.authority.make("C003", ["other.example.org"])
        self.assertIn("is not for www.example.org", self.install("--chain", chain, "--key", key, check=False).stderr)
        self.assertEqual(self.edge.hostname(NAME)["mode"], "automatic")
        self.assertEqual(self.edge.served(NAME, self.root), before)

    def test_other_names_in_it_are_not_taken(self):
        self.edge.cli("hostname", "add", "victim.example.com", "--wait")
        key, chain = self.authority.make("C001", [NAME, "victim.example.com", "free.example.com"])
        self.install("--chain", chain, "--key", key, "--wait")
        self.assertEqual(self.edge.served(NAME), "C001")
        self.assert_served("victim.example.com")
        self.assertIsNone(self.edge.served("free.example.com"))


class CrashOfAnInstallation(edge.EdgeTest):
    start = False

    def crash_at(self, step):
        authority = Authority(self.edge.folder / "another")
        key, chain = authority.make("C001")
        agent = self.edge.start_agent(fault_point=step)
        self.edge.start_haproxy()
        self.edge.cli("hostname", "add", NAME, "--mode", "custom")
        # It may die before it has answered; what it has taken it keeps.
        self.edge.cli("certificate", "install", NAME, "--chain", chain, "--key", key, check=False)
        self.assertEqual(agent.wait(60), -signal.SIGKILL)
        self.edge.start_agent()
        stack.wait_for("the certificate is served", lambda: self.edge.served(NAME) == "C001")
        stack.wait_for("it is known to be", lambda: self.edge.hostname(NAME)["stage"] == "served")
        self.assertEqual(len(self.bundles()), 1)
        self.assertEqual(len(self.crt_list()), 1)
        self.assertEqual(self.edge.pebble.orders(), 0)


def add_crash_tests():
    for step in ("deploy: bundle written", "deploy: files written", "deploy: loaded", "deploy: served"):
        def test(self, step=step):
            self.crash_at(step)
        setattr(CrashOfAnInstallation, "test_" + "".join(c if c.isalnum() else "_" for c in step), test)


add_crash_tests()


if __name__ == "__main__":
    unittest.main()
