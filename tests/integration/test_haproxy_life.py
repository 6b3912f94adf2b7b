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
