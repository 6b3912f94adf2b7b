"""On-demand issuance with a real HAProxy and Pebble, and hostnames that lead elsewhere."""

import http.server
import threading
import unittest
import urllib.parse

import edge
import stack


class Permission:
    """The platform's service: says 200 to names it knows, 404 to others, and 503 while it is closed."""

    def __init__(self):
        self.known, self.asked = set(), []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.status = None  # instead of what it knows
        permission = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["domain"][0]
                permission.asked.append(name)
                permission.may_answer.wait(30)
                self.send_response(permission.status or (200 if name in permission.known else 404))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/ask"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()


class OnDemandTest(edge.EdgeTest):
    def visit(self, name):
        """A plain-HTTP request, which the application answers: nobody redirects a name without a certificate."""
        status, _, text = self.edge.http("/", name)
        self.assertEqual(status, 200)
        self.assertIn("hello from the application", text)

    def wait_until_served(self, name):
        stack.wait_for(f"{name} is served", lambda: self.edge.served(name, self.root))

    def names(self):
        return sorted(line.split()[0] for line in self.edge.cli("hostname", "list").stdout.splitlines()[1:] if line)

    def metric(self, line):
        return line in self.edge.get_admin("/metrics")[1]


class Asked(OnDemandTest):
    def setUp(self):
        self.permission = Permission()
        self.addCleanup(self.permission.close)
        self.options = {"challenges": f"on_demand:\n  ask: {self.permission.url}\n  retry: 1s\n"}
        super().setUp()

    def test_the_first_request_is_answered_at_once_and_brings_a_certificate(self):
        self.permission.known = {"shop.example.org"}
        self.permission.may_answer.clear()
        self.visit("shop.example.org")  # while nobody has said yes
        stack.wait_for("it is asked about", lambda: self.permission.asked)
        for _ in range(20):
            self.visit("shop.example.org")
        self.permission.may_answer.set()
        self.wait_until_served("shop.example.org")
        self.assertEqual(self.permission.asked, ["shop.example.org"])
        events = self.edge.get_admin("/v1/events?subject=shop.example.org")[1]
        self.assertIn('"on-demand"', events)
        self.assertTrue(self.metric("acme_spoa_on_demand_hostnames_added_total 1\n"))

    def test_a_name_that_is_refused_is_not_asked_about_again(self):
        self.visit("bad.example.org")
        stack.wait_for("it is refused", lambda: self.metric('acme_spoa_on_demand_asks_total{answer="no"} 1\n'))
        for _ in range(20):
            self.visit("bad.example.org")
        # One that comes later is looked at later.
        self.permission.known = {"good.example.org"}
        self.visit("good.example.org")
        self.wait_until_served("good.example.org")
        self.assertEqual(self.permission.asked, ["bad.example.org", "good.example.org"])
        self.assertEqual(self.names(), ["good.example.org"])

    def test_a_service_that_is_away_is_asked_again(self):
        self.permission.known, self.permission.status = {"shop.example.org"}, 503
        self.visit("shop.example.org")
        stack.wait_for("it is asked", lambda: self.metric('acme_spoa_on_demand_asks_total{answer="later"} 1\n'))
        self.permission.status = None

        def is_served():
            self.visit("shop.example.org")
            return self.edge.served("shop.example.org", self.root)

        stack.wait_for("it is served", is_served)

    def test_nobody_is_asked_about_what_scanners_make_of_names(self):
        self.visit("www.www.example.org")
        self.visit("127.0.0.1")
        stack.wait_for("it is refused", lambda: self.metric('acme_spoa_on_demand_refused_total{reason="guard"} 1\n'))
        self.assertEqual(self.permission.asked, [])


class OfZones(OnDemandTest):
    options = {"challenges": "on_demand: {zones: true}\n"}

    def test_a_name_in_a_zone_is_its_tenants(self):
        self.edge.cli("tenant", "set", "alice")
        self.edge.cli("zone", "set", "example.org", "--tenant", "alice")
        self.visit("shop.example.net")
        self.visit("shop.example.org")
        self.wait_until_served("shop.example.org")
        self.assertEqual(self.names(), ["shop.example.org"])
        self.assertEqual(self.edge.hostname("shop.example.org")["zone"], "example.org")


class Unused(edge.EdgeTest):
    options = {"challenges": "unused: {addresses: [192.0.2.1]}\n"}

    def test_a_hostname_that_leads_elsewhere_says_so_and_goes_on_being_served(self):
        self.edge.cli("hostname", "add", "gone.example.org", "--wait")
        self.assertNotIn("absence", self.edge.hostname("gone.example.org"))
        self.edge.start_agent()  # it looks when it starts
        stack.wait_for("it was looked at", lambda: "absence" in self.edge.hostname("gone.example.org"))
        absence = self.edge.hostname("gone.example.org")["absence"]
        self.assertEqual(absence["reason"], "gone.example.org points to 127.0.0.1; it has to point to 192.0.2.1")
        self.assertIsNone(absence["unused_since"])
        self.assertIn("absent since", self.edge.cli("hostname", "show", "gone.example.org").stdout)
        self.assertNotIn("gone.example.org", self.edge.cli("hostname", "list", "--unused").stdout)
        self.assert_served("gone.example.org")


if __name__ == "__main__":
    unittest.main()
