"""Agent and HAProxy are killed at random moments, while hostnames come, go and are renewed: always it converges.

ACME_SPOA_KILL_ROUNDS is how many times (25; the bar is 200, run by hand), ACME_SPOA_KILL_SEED repeats a run.
"""

import json
import os
import random
import signal
import subprocess
import time
import unittest

import edge
import stack

ROUNDS = int(os.environ.get("ACME_SPOA_KILL_ROUNDS", "25"))
SEED = int(os.environ.get("ACME_SPOA_KILL_SEED", str(random.SystemRandom().randrange(1 << 30))))


class KilledAtRandom(edge.EdgeTest):
    options = {"always_valid": True, "nonce_reject": 0}

    def change_something(self, chance):
        """Adds, renews or removes; the daemon may be dead already."""
        kept = sorted(self.wanted)
        what = chance.choice(["add", "add", "renew", "remove"])
        if what == "add" or len(kept) < 4:
            names = [f"kill-{self.count + i}.example.org" for i in range(3)]
            self.count += 3
            self.wanted.update(names)
            self.edge.cli("hostname", "add", *names)
        elif what == "renew":
            self.edge.cli("certificate", "renew", *chance.sample(kept, 2))
        else:
            name = chance.choice(kept)
            self.edge.cli("hostname", "remove", name)
            self.wanted.discard(name)
            self.removed.add(name)

    def has_converged(self):
        for name in self.wanted:
            shown = self.edge.cli("hostname", "show", name, "-o", "json", check=False)
            if shown.returncode != 0:
                return False
            if json.loads(shown.stdout)["stage"] != "served":  # and neither renewed nor about to be
                return False
        return self.edge.cli("haproxy", "status", check=False).returncode == 0

    def assert_all_right(self):
        """What is served is what the store has; files and lines are those, whole, and no others."""
        for name in self.wanted:
            serial = self.edge.hostname(name)["certificate"]["serial"]
            self.assertEqual(self.edge.served(name, self.root), serial, name)
        for name in self.removed:
            self.assertIsNone(self.edge.served(name), f"{name} is served though it was removed")
        for path in self.bundles():
            done = subprocess.run(["openssl", "x509", "-noout", "-in", path], capture_output=True)
            self.assertEqual(done.returncode, 0, f"{path} is broken")

    def test_it_always_converges(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        self.wanted, self.removed, self.count = set(), set(), 0
        for number in range(ROUNDS):
            with self.subTest(round=number, seed=SEED):
                self.change_something(chance)
                # The moment of the kill is what is random here; nothing is waited for.
                time.sleep(chance.uniform(0, 0.4))
                victims = chance.choice([["agent"], ["haproxy"], ["agent", "haproxy"]])
                if "haproxy" in victims:
                    self.edge.haproxy.stop(signal.SIGKILL)
                if "agent" in victims:
                    self.edge.agent.stop(signal.SIGKILL)
                if "haproxy" in victims:  # whatever files it finds: it starts
                    self.edge.start_haproxy()
                if "agent" in victims:
                    self.edge.start_agent()
                stack.wait_for("it has converged", self.has_converged, 60, 0.1)
                stack.wait_for("what was removed is gone", lambda: len(self.bundles()) == len(self.wanted), 60, 0.1)
                self.assert_all_right()
                self.assert_no_orphans(len(self.wanted))


if __name__ == "__main__":
    unittest.main()
