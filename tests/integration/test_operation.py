"""Signals, metrics, a wrong configuration: what an operator meets."""

import json
import signal
import subprocess
import threading
import unittest
import urllib.request

import edge
import stack


class Signals(edge.EdgeTest):
    def test_sigterm_drains_and_ends_with_success(self):
        self.edge.cli("hostname", "add", "drain.example.org", "--wait")
        results = []
        stop = threading.Event()

        def visit():
            while not stop.is_set():
                results.append(self.edge.http("/", "stranger.example.org")[0])

        visitors = [threading.Thread(target=visit) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        stack.wait_for("traffic flows", lambda: len(results) > 100)
        self.assertEqual(self.edge.agent.stop(signal.SIGTERM), 0)
        seen = len(results)
        stack.wait_for("traffic flows without the agent", lambda: len(results) > seen + 100)
        stop.set()
        for visitor in visitors:
            visitor.join()
        self.assertEqual(set(results), {200})

    def test_sighup_takes_over_what_may_change_and_keeps_the_old_when_the_new_is_wrong(self):
        good = self.edge.config.read_text()
        self.edge.config.write_text(good + "unknown_key: 1\n")
        self.edge.agent.send_signal(signal.SIGHUP)
        stack.wait_for("it says what is wrong", lambda: "unknown_key" in self.edge.agent.output())
        self.edge.config.write_text(good.replace("level: debug", "level: warn"))
        self.edge.agent.send_signal(signal.SIGHUP)
        stack.wait_for("it says that it reloaded", lambda: "configuration reloaded" in self.edge.agent.output())
        self.edge.cli("hostname", "add", "reloaded.example.org", "--wait")
        self.assert_served("reloaded.example.org")
        self.assertNotIn("level=info msg=\"certificate issued\"", self.edge.agent.output())

    def test_doctor_finds_nothing_where_all_is_well_and_names_what_is_not(self):
        stack.wait_for("HAProxy is in step", lambda: self.edge.cli("haproxy", "status", check=False).returncode == 0)
        well = self.edge.cli("doctor", check=False)
        self.assertNotIn("PROBLEM", well.stdout)
        self.assertIn("answers, with level admin", well.stdout)
        self.assertIn("has every certificate that it should", well.stdout)
        self.edge.haproxy.stop(signal.SIGTERM)
        ill = self.edge.cli("doctor", check=False)
        self.assertEqual(ill.returncode, 4)
        self.assertIn("PROBLEM  haproxy", ill.stdout)

    def test_a_second_daemon_on_the_same_state_is_refused(self):
        second = subprocess.run([self.edge.binary, "serve", "--config", self.edge.config], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(second.returncode, 0)
        self.assertTrue(self.edge.agent_ready())


class Metrics(edge.EdgeTest):
    def test_a_real_prometheus_scrapes_what_promtool_finds_nothing_wrong_with(self):
        self.edge.cli("hostname", "add", "measured.example.org", "--wait")
        self.edge.http("/", "measured.example.org")
        url = f"http://127.0.0.1:{self.edge.metrics_port}/metrics"
        text = urllib.request.urlopen(url, timeout=10).read()
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, b""))
        port = stack.free_port()
        config = self.edge.folder / "prometheus.yml"
        config.write_text(f"""global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: acme-spoa
    static_configs: [{{targets: ["127.0.0.1:{self.edge.metrics_port}"]}}]
""")
        prometheus = stack.Process(
            ["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
             f"--storage.tsdb.path={self.edge.folder}/prometheus"], self.edge.folder / "prometheus.log")
        self.addCleanup(prometheus.stop)

        def ask(query):
            try:
                reply = urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={query}", timeout=10).read()
            except OSError:
                return None
            found = json.loads(reply)["data"]["result"]
            return found and float(found[0]["value"][1])

        stack.wait_for("Prometheus has scraped", lambda: ask('up{job="acme-spoa"}') == 1.0, 60)
        self.assertEqual(ask("acme_spoa_certificates_issued_total"), 1.0)
        self.assertEqual(ask('acme_spoa_hostnames{state="ready"}'), 1.0)

    def test_health_and_readiness_are_on_the_metrics_listener(self):
        for path in ("/healthz", "/readyz"):
            reply = urllib.request.urlopen(f"http://127.0.0.1:{self.edge.metrics_port}{path}", timeout=10)
            self.assertEqual(reply.status, 200, path)


class WrongConfiguration(edge.EdgeTest):
    start = False

    def test_check_says_where_and_what_and_exits_with_1(self):
        good = self.edge.config.read_text()
        self.assertEqual(self.edge.cli("check", check=False).returncode, 0)
        self.edge.config.write_text(good.replace("workers: 2", "workers: many\n  wrokers: 3"))
        done = self.edge.cli("check", check=False)
        self.assertEqual(done.returncode, 1)
        said = done.stdout + done.stderr
        line = good.splitlines().index("  workers: 2") + 1
        self.assertIn(f"{self.edge.config}:{line}:", said)
        self.assertIn(f"{self.edge.config}:{line + 1}:", said)
        self.assertIn("wrokers", said)
        served = self.edge.cli("serve", check=False)
        self.assertEqual(served.returncode, 1)
        self.assertIn("wrokers", served.stdout + served.stderr)

    def test_the_cli_says_that_the_daemon_is_not_running(self):
        done = self.edge.cli("hostname", "list", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("admin.sock", done.stderr)


if __name__ == "__main__":
    unittest.main()
