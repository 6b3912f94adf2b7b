"""HAProxy is restarted, reloaded, or not there yet: every certificate is served again by itself."""

import os
import signal
import unittest

import edge
import stack

NAMES = [f"life-{i}.example.org" for i in range(5)]


class HaproxyRestarts(edge.EdgeTest):
    def test_a_restarted_haproxy_serves_what_it_found_on_disk_and_what_comes_later(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        self.edge.haproxy.stop(signal.SIGKILL)
        self.edge.start_haproxy()
        self.assert_served(*NAMES)
        self.edge.cli("hostname", "add", "later.example.org", "--wait")
        self.assert_served(*NAMES, "later.example.org")

    def test_certificates_that_haproxy_lost_are_given_to_it_again(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        self.edge.haproxy.stop(signal.SIGKILL)
        # An operator's mistake: HAProxy starts with an empty list.
        crt_list = self.edge.haproxy_folder / "crt-list.txt"
        text = crt_list.read_text()
        crt_list.write_text("")
        self.edge.start_haproxy()
        crt_list.write_text(text)
        stack.wait_for("all are served again", lambda: all(self.edge.served(name, self.root) for name in NAMES))


class HaproxyDown(edge.EdgeTest):
    options = {"always_valid": True}  # nobody could answer the authority

    def test_a_certificate_that_came_while_haproxy_was_down_is_served_when_it_is_back(self):
        self.edge.cli("hostname", "add", NAMES[0], "--wait")
        serial = self.edge.served(NAMES[0])
        self.edge.haproxy.stop(signal.SIGKILL)
        self.edge.cli("certificate", "renew", NAMES[0])
        stack.wait_for("it is issued", lambda: self.edge.hostname(NAMES[0])["certificate"]["state"] == "issued")
        self.edge.start_haproxy()
        stack.wait_for("the new serial is served", lambda: self.edge.served(NAMES[0], self.root) not in (None, serial))
        stack.wait_for("it is known to be served", lambda: self.edge.hostname(NAMES[0])["certificate"]["state"] == "served")


class HaproxyReloads(edge.EdgeTest):
    options = {"master": True}

    def worker(self):
        return self.edge.runtime("show info").split("\nPid: ")[1].split()[0]

    def test_a_reload_keeps_every_certificate_and_the_next_ones_reach_the_new_worker(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        before = self.worker()
        os.kill(self.edge.haproxy.pid, signal.SIGUSR2)
        stack.wait_for("a new worker answers", lambda: self.worker() != before)
        self.assert_served(*NAMES)
        self.edge.cli("hostname", "add", "after-reload.example.org", "--wait")
        self.edge.cli("certificate", "renew", NAMES[0], "--wait")
        self.assert_served(*NAMES, "after-reload.example.org")
        self.assertIn("after-reload.example.org", self.edge.runtime("show ssl cert"))


class MasterSocket(edge.EdgeTest):
    """The agent has only the master's socket: it talks to the current worker, also after a reload."""

    options = {"master": True}
    start = False

    def test_certificates_reach_the_worker_and_after_a_reload_the_next_one(self):
        config = self.edge.config.read_text()
        master = self.edge.haproxy_folder / "master.sock"
        self.edge.write_haproxy_config()  # names the stats socket, which the test itself uses
        self.edge.config.write_text(config.replace(
            f"      runtime: unix@{self.edge.runtime_socket}\n", f"      runtime: unix@{master}\n      worker: 1\n"))
        self.edge.start_agent()
        self.edge.start_haproxy()
        self.root = self.edge.pebble.root(self.edge.folder / "root.pem")
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        self.assert_served(*NAMES)
        os.kill(self.edge.haproxy.pid, signal.SIGUSR2)
        self.edge.cli("hostname", "add", "after-reload.example.org", "--wait")
        stack.wait_for("the new worker is in sync", lambda: self.edge.cli("haproxy", "status", check=False).returncode == 0)
        self.assert_served(*NAMES, "after-reload.example.org")
        self.assertIn("certificates compared, in sync", self.edge.cli("haproxy", "sync", "--dry-run").stdout)


class Operator(edge.EdgeTest):
    def test_status_sync_and_verify_say_what_is_wrong(self):
        self.edge.cli("hostname", "add", *NAMES, "--wait")
        self.assertIn("in sync", self.edge.cli("haproxy", "status").stdout)
        self.assertIn("5 certificates verified, all are served", self.edge.cli("verify", "--all").stdout)
        path = next(line for line in self.crt_list() if NAMES[0] in line)
        self.edge.runtime(f"del ssl crt-list {self.edge.haproxy_folder}/crt-list.txt {path}")
        plan = self.edge.cli("haproxy", "sync", "--dry-run", check=False)
        self.assertEqual(plan.returncode, 4)
        self.assertIn(f"add  {path}", plan.stdout)
        missing = self.edge.cli("verify", NAMES[0], NAMES[1], check=False)
        self.assertEqual(missing.returncode, 4)
        self.assertIn(NAMES[0], missing.stdout)
        self.assertNotIn(NAMES[1], missing.stdout)
        self.edge.cli("haproxy", "sync")
        stack.wait_for("it is served again", lambda: self.edge.served(NAMES[0], self.root))
        metrics = self.edge.get_admin("/metrics")[1]
        self.assertIn('acme_spoa_haproxy_certificates_desired{instance="edge"} 5', metrics)
        self.assertIn('acme_spoa_haproxy_command_duration_seconds_count{', metrics)
        self.assertIn("haproxy connected", self.edge.get_admin("/v1/events?subject=edge")[1])


class HaproxyAbsent(edge.EdgeTest):
    start = False

    def test_a_daemon_started_before_haproxy_deploys_once_it_is_there(self):
        self.edge.start_agent()
        self.edge.cli("hostname", "add", *NAMES)  # the authority reaches nobody: tried again in a minute
        self.edge.start_haproxy()
        root = self.edge.pebble.root(self.edge.folder / "root.pem")
        stack.wait_for("all are served", lambda: all(self.edge.served(name, root) for name in NAMES), 150, 1)


if __name__ == "__main__":
    unittest.main()
