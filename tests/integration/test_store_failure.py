"""The disk is full or read-only: a clear error, and the answers go on."""

import errno
import os
import subprocess
import sys
import unittest

import edge
import stack


class StoreFailure(edge.EdgeTest):
    """The state folder is a small file system of its own, which takes a mount namespace."""

    start = False

    def setUp(self):
        super().setUp()
        self.state = self.edge.folder / "state"
        self.state.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", self.state], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.state], check=True)
        self.edge.start_agent()
        self.edge.start_haproxy()
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.edge.cli("hostname", "add", "before.example.org", "--wait")

    def assert_answers_go_on(self):
        self.assertEqual(self.edge.http("/", "before.example.org")[0], 301)
        self.assert_served("before.example.org")
        self.assertTrue(self.edge.agent.running())

    def assert_refused(self, *sentences):
        refused = self.edge.cli("hostname", "add", "during.example.org", check=False)
        self.assertNotEqual(refused.returncode, 0)
        said = (refused.stdout + refused.stderr).lower()
        self.assertTrue(any(sentence in said for sentence in sentences), said)

    def test_a_full_disk(self):
        with open(self.state / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 4096):
                    pass
            except OSError as full:
                self.assertEqual(full.errno, errno.ENOSPC)
        self.assert_refused("disk", "space")
        self.assert_answers_go_on()
        os.unlink(self.state / "filler")
        self.edge.cli("hostname", "add", "after.example.org", "--wait")
        self.assert_served("before.example.org", "after.example.org")

    def test_a_file_system_that_is_read_only_at_the_start(self):
        self.edge.agent.stop()
        subprocess.run(["mount", "-o", "remount,ro", self.state], check=True)
        self.edge.start_agent(wait=False)
        stack.wait_for("it says so", lambda: "cannot be written" in self.edge.agent.output())
        stack.wait_for("the answers are back", lambda: self.edge.http("/", "before.example.org")[0] == 301)
        self.assert_answers_go_on()
        subprocess.run(["mount", "-o", "remount,rw", self.state], check=True)
        stack.wait_for("it has healed", self.edge.agent_ready)
        self.edge.cli("hostname", "add", "after.example.org", "--wait")
        self.assert_served("before.example.org", "after.example.org")


def in_own_mount_namespace():
    """Runs this file again where it may mount; a mount of a crashed test ends with it."""
    if os.environ.get("ACME_SPOA_MOUNTS") == "own":
        return
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    environment = {**os.environ, "ACME_SPOA_MOUNTS": "own"}
    sys.exit(subprocess.run(["unshare", *user, "--mount", sys.executable, "-B", *sys.argv], env=environment).returncode)


if __name__ == "__main__":
    in_own_mount_namespace()
    unittest.main()
