"""The whole state in one file, and certificates for other programs."""

import shutil
import stat
import unittest

import edge
import stack

NAMES = ("a.example.org", "b.example.org")


class Backup(edge.EdgeTest):
    def test_what_was_exported_while_it_ran_is_served_again_without_an_order(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        serials = [self.edge.served(name) for name in NAMES]
        backup, state = self.edge.folder / "backup", self.edge.folder / "state"
        done = self.edge.cli("export", backup)
        self.assertIn(f"{backup}: 2 hostnames, 2 certificates", done.stdout)
        self.assertNotIn(b"PRIVATE KEY", backup.read_bytes())
        refused = self.edge.cli("restore", backup, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("another acme-spoa daemon uses this state directory", refused.stderr)

        self.edge.agent.stop()
        self.edge.haproxy.stop()
        key = (state / "key-encryption.key").read_bytes()
        shutil.rmtree(state)
        shutil.rmtree(self.edge.haproxy_folder / "certificates")
        refused = self.edge.cli("restore", backup, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("key-encryption.key: is missing", refused.stderr)
        (state / "key-encryption.key").write_bytes(key)
        (state / "key-encryption.key").chmod(0o600)
        self.assertIn("2 hostnames, 2 certificates", self.edge.cli("restore", backup).stdout)

        self.edge.start_agent()
        stack.wait_for("the files are there", lambda: len(self.bundles()) == 2)
        self.edge.start_haproxy()
        self.assertEqual([self.edge.served(name) for name in NAMES], serials)
        self.edge.cli("hostname", "add", "c.example.org", "--wait")
        self.assertEqual(self.edge.pebble.issued(), 3)
        self.assertEqual(self.edge.pebble.accounts(), 1)

    def test_a_certificate_is_exported_for_another_program(self):
        self.edge.cli("hostname", "add", NAMES[0], "--wait")
        chain = self.edge.cli("certificate", "export", NAMES[0]).stdout
        self.assertEqual(chain.count("BEGIN CERTIFICATE"), 2)
        self.assertNotIn("PRIVATE KEY", chain)
        file = self.edge.folder / "mail.pem"
        self.edge.cli("certificate", "export", NAMES[0], "--with-key", "-o", file)
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertTrue(file.read_text().startswith(chain))
        self.assertIn("PRIVATE KEY", file.read_text())
        self.assertIn("certificate exported", self.edge.cli("event", "list").stdout)


if __name__ == "__main__":
    unittest.main()
