"""The authority is away, comes back, or has forgotten us."""

import unittest

import edge
import stack


class AuthorityAbsent(edge.EdgeTest):
    options = {"pebble": False}
    start = False

    def test_issuance_waits_for_an_authority_that_is_away_at_the_start(self):
        self.edge.start_agent()
        self.edge.start_haproxy()
        self.edge.cli("hostname", "add", "patient.example.org")
        stack.wait_for("the attempt has failed", lambda: "connection" in self.edge.agent.output())
        self.assertTrue(self.edge.agent_ready())
        self.assertEqual(self.edge.http("/", "patient.example.org")[0], 200)
        self.edge.pebble.start()
        self.edge.cli("hostname", "add", "patient.example.org", "--wait")
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.assert_served("patient.example.org")


class AuthorityForgets(edge.EdgeTest):
    def test_an_authority_that_lost_every_account_gets_the_same_key_registered_again(self):
        self.edge.cli("hostname", "add", "before.example.org", "--wait")
        self.edge.pebble.stop()
        self.edge.pebble.start()  # new keys, no accounts
        self.edge.cli("hostname", "add", "after.example.org", "--wait")
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.assert_served("after.example.org")


if __name__ == "__main__":
    unittest.main()
