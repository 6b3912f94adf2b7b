"""Ten thousand connections on the real daemon, and one more."""

import pathlib
import resource
import socket
import unittest

import edge
import spop_peer

CONNECTIONS = 10_000  # the default of spop.max_connections
SPARE = 200           # descriptors that the daemon and this test need beside
ACK = 103


def raise_descriptor_limit():
    """Of this process and of those it starts; fails where the machine does not allow as many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (CONNECTIONS + SPARE, hard))


class TenThousandConnections(edge.EdgeTest):
    options = {"spop": "unix", "pebble": False}
    start = False

    def memory_mb(self):
        status = pathlib.Path(f"/proc/{self.edge.agent.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def connect(self):
        peer = spop_peer.Peer(self.edge.spop.removeprefix("unix@"))
        self.addCleanup(peer.close)
        return peer

    def test_all_are_answered_the_next_one_waits_and_traffic_does_not_notice(self):
        raise_descriptor_limit()
        self.edge.start_agent()
        before = self.memory_mb()
        peers = [self.connect() for _ in range(CONNECTIONS)]
        for peer in peers:
            self.assertEqual(peer.greet()[0], 101)
        for peer in peers:
            self.assertEqual(peer.ask(b"nobody.example.org")[0], ACK)
        # A connection that is quiet holds its first buffer and no more.
        self.assertLess(self.memory_mb() - before, CONNECTIONS * 8 / 1024)

        late = self.connect()
        late.socket.settimeout(0.2)
        with self.assertRaises(socket.timeout):
            late.greet()
        self.assertIn("too many connections, accepting no more", self.edge.agent.output())
        self.assertEqual(peers[0].ask(b"nobody.example.org")[0], ACK)
        self.assertTrue(self.edge.agent_ready())  # the API has its descriptors

        peers[0].close()
        late.socket.settimeout(30)
        self.assertEqual(late.receive()[0], 101)
        self.assertEqual(late.ask(b"nobody.example.org")[0], ACK)


if __name__ == "__main__":
    unittest.main()
