"""kill -9 at every persisted step: the same order is finished after the restart, once."""

import signal
import unittest

import edge
import stack

# Where the daemon can be told to die (agent/fault): right after each thing it writes down.
STEPS = [
    "order: placing the order",
    "order: reading the authorizations",
    "order: publishing the answer",
    "order: asking for validation",
    "order: waiting for the authority",
    "order: finalizing",
    "order: cleaning up",
    "order: issued",
    "order: finished",
    "deploy: files written",
    "deploy: loaded",
    "deploy: served",
]
# From here on the authority may ask at any moment, and a daemon that is dead then has failed the
# validation for good: an authority that asks nobody shows what is ours, that the order goes on.
WHILE_THE_AUTHORITY_ASKS = {"order: asking for validation", "order: waiting for the authority"}


class Crash(edge.EdgeTest):
    start = False

    def crash_at(self, step):
        name = "crash.example.org"
        if step in WHILE_THE_AUTHORITY_ASKS:
            self.edge = self.enterContext(edge.make_edge(always_valid=True))
        self.edge.start_agent(fault_point=step)
        self.edge.start_haproxy()
        self.edge.cli("hostname", "add", name)
        self.assertEqual(self.edge.agent.wait(60), -signal.SIGKILL, f"never came to {step!r}")
        self.edge.start_agent()
        self.edge.cli("hostname", "add", name, "--wait")
        root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.assertIsNotNone(self.edge.served(name, root))
        self.assertEqual(self.edge.pebble.orders(), 1)
        self.assertEqual(self.edge.pebble.issued(), 1)
        self.assert_no_orphans(1)


def add_tests():
    for step in STEPS:
        def test(self, step=step):
            self.crash_at(step)
        setattr(Crash, "test_" + "".join(c if c.isalnum() else "_" for c in step), test)


add_tests()


class CrashOfMany(edge.EdgeTest):
    start = False

    def test_a_kill_in_the_middle_of_many_orders_loses_and_doubles_none(self):
        names = [f"many-{i}.example.org" for i in range(20)]
        self.edge.start_agent()
        self.edge.start_haproxy()
        self.edge.cli("hostname", "add", *names)
        stack.wait_for("a few certificates are issued", lambda: self.edge.pebble.issued() >= 5)
        self.edge.agent.stop(signal.SIGKILL)
        self.edge.start_agent()
        self.edge.cli("hostname", "add", *names, "--wait")
        root = self.edge.pebble.root(self.edge.folder / "root.pem")
        for name in names:
            self.assertIsNotNone(self.edge.served(name, root), name)
        self.assertEqual(self.edge.pebble.issued(), 20)
        self.assert_no_orphans(20)


if __name__ == "__main__":
    unittest.main()
