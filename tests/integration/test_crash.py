"""kill -9 at every persisted step, with every type of challenge: the same order is finished after the restart, once."""

import json
import signal
import unittest

import edge
import stack

# Where the daemon can be told to die (agent/fault): right after each thing it writes down.
ORDER_STEPS = [
    "order: opened",
    "order: placing the order",
    "order: reading the authorizations",
    "order: publishing the answer",
    "order: asking for validation",
    "order: waiting for the authority",
    "order: finalizing",
    "order: cleaning up",
    "order: issued",
    "order: finished",
]
# The type of the challenge does not matter to these.
DEPLOY_STEPS = [
    "deploy: bundle written",
    "deploy: files written",
    "deploy: loaded",
    "deploy: served",
]
# From here on the authority may ask at any moment, and if we are dead then, so is the answer, unless it is in DNS: the
# validation has failed for good. An authority that asks nobody shows what is ours, that the order goes on.
WHILE_THE_AUTHORITY_ASKS = {"order: asking for validation", "order: waiting for the authority"}

TLS_ALPN = """challenges:
  types: [tls-alpn-01]
  tls_alpn:
    listen: abns@alpn-{name}
"""

DNS = """challenges:
  types: [dns-01]
dns:
  resolvers: [127.0.0.1:{knot}]
  propagation:
    check: resolvers
    interval: 100ms
  providers:
    - name: knot
      type: rfc2136
      zone: example.org
      server: 127.0.0.1:{knot}
      key_file: {folder}/knot/tsig.key
"""


class Crash(edge.EdgeTest):
    start = False

    def crash_at_each(self, steps, pattern):
        """One after the other on one edge, each with a name of its own."""
        for number, step in enumerate(steps):
            with self.subTest(step=step):
                self.crash_at(step, pattern.format(number))
        stack.wait_for("nothing half-written is left", self.is_tidy)
        self.assert_no_orphans(len(steps))

    def is_tidy(self):
        return len(self.bundles()) == len(self.crt_list())


class CrashWhileTheDaemonIsAsked(Crash):
    """The answer is ours to give: the steps at which the authority asks have an authority that does not."""

    def crash_at_every_step(self, pattern):
        self.crash_at_each([step for step in ORDER_STEPS if step not in WHILE_THE_AUTHORITY_ASKS], pattern)
        self.edge.stop()
        self.edge = self.enterContext(edge.make_edge(always_valid=True, **self.options))
        self.crash_at_each(sorted(WHILE_THE_AUTHORITY_ASKS), pattern)


class Http(CrashWhileTheDaemonIsAsked):
    def test_at_every_step_of_an_order(self):
        self.crash_at_every_step("crash-{}.example.org")


class TlsAlpn(CrashWhileTheDaemonIsAsked):
    options = {"challenges": TLS_ALPN}

    def test_at_every_step_of_an_order(self):
        self.crash_at_every_step("crash-{}.example.org")


class Dns(Crash):
    """By RFC 2136, with a real name server: the record outlives the daemon, so that the validation does."""

    options = {"challenges": DNS, "knot": True}

    def test_at_every_step_of_an_order(self):
        self.crash_at_each(ORDER_STEPS, "*.crash-{}.example.org")
        self.assertEqual(self.edge.knot.txt_records(), [], "every record is taken back")


# Pebble has neither of these two; our authority asks the same name server for their records.
OURS = {"authority": "fake", "knot": True}


class DnsAccount(Crash):
    options = {**OURS, "challenges": DNS.replace("[dns-01]", "[dns-account-01]"),
               "authority_config": {"options": {"challenge_types": ["http-01", "dns-account-01"]}}}

    def test_at_every_step_of_an_order(self):
        self.crash_at_each(ORDER_STEPS, "*.crash-{}.example.org")
        self.assertEqual(self.edge.knot.txt_records(), [], "every record is taken back")


class DnsPersist(Crash):
    """The record was set once, by the owner of the name."""

    options = {**OURS, "challenges": DNS.replace("[dns-01]", "[dns-persist-01]"),
               "authority_config": {"options": {"challenge_types": ["http-01", "dns-persist-01"]}}}

    def test_at_every_step_of_an_order(self):
        pattern = "crash-{}.example.org"
        names = [pattern.format(number) for number in range(len(ORDER_STEPS))]
        self.edge.start_agent()
        self.edge.cli("hostname", "add", "first.example.org")  # without a record: all it brings is the account
        stack.wait_for("there is an account", lambda: self.edge.pebble.orders() == 1)
        self.edge.cli("hostname", "remove", "first.example.org")
        stack.wait_for("its records are known", lambda: "TXT" in self.edge.cli("dns-record", names[0]).stdout)
        lines = [json.loads(line) for line in self.edge.cli("dns-record", *names, "-o", "json").stdout.splitlines()]
        records = [record for line in lines for record in line["records"]]
        self.assertEqual([record["type"] for record in records], ["TXT"] * len(names))
        self.edge.knot.set_txt([(record["name"], record["value"]) for record in records])
        self.crash_at_each(ORDER_STEPS, pattern)
        self.assertEqual(len(self.edge.knot.txt_records()), len(names), "they stay")


class Deploy(Crash):
    """Each on an edge of its own: nothing but the one certificate is to be deployed."""


def add_tests():
    for step in DEPLOY_STEPS:
        def test(self, step=step):
            self.crash_at(step, "crash.example.org")
            self.assert_no_orphans(1)
        setattr(Deploy, "test_" + "".join(c if c.isalnum() else "_" for c in step), test)


add_tests()


class Account(edge.EdgeTest):
    start = False

    def test_a_kill_between_the_key_and_the_registration(self):
        """At the first start, before anything else."""
        agent = self.edge.start_agent(fault_point="account: new key stored", wait=False)
        self.assertEqual(agent.wait(60), -signal.SIGKILL)
        self.edge.start_agent()
        self.edge.start_haproxy()
        self.edge.cli("hostname", "add", "crash.example.org", "--wait")
        self.assertEqual(self.edge.pebble.accounts(), 1)
        self.assertEqual(self.edge.pebble.issued(), 1)


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
