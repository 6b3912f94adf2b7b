"""What is not ours is left alone, and nothing a client sends hurts."""

import signal
import socket
import time
import unittest

import edge
import stack


class Application(edge.EdgeTest):
    """An application behind HAProxy with its own ACME client keeps working."""

    def raw(self, data):
        """Bytes to HAProxy's plain port; the status of the reply, or None if it hung up."""
        with socket.create_connection(("127.0.0.1", self.edge.http_port), timeout=10) as connection:
            connection.sendall(data)
            reply = connection.recv(65536)
        return int(reply.split()[1]) if reply.startswith(b"HTTP/") else None

    def test_a_foreign_token_reaches_the_application(self):
        self.edge.application.tokens["its-own-token-of-22-chars-or-more"] = "its-own-token.thumbprint"
        status, _, text = self.edge.http("/.well-known/acme-challenge/its-own-token-of-22-chars-or-more", "own.example.org")
        self.assertEqual((status, text), (200, "its-own-token.thumbprint"))

    def test_a_foreign_token_reaches_it_for_a_hostname_of_ours_too(self):
        self.edge.cli("hostname", "add", "both.example.org", "--wait")
        self.edge.application.tokens["its-own-token-of-22-chars-or-more"] = "its-own-token.thumbprint"
        status, _, text = self.edge.http("/.well-known/acme-challenge/its-own-token-of-22-chars-or-more", "both.example.org")
        self.assertEqual((status, text), (200, "its-own-token.thumbprint"))

    def test_the_applications_own_acme_client_gets_its_validation(self):
        """Pebble validates an order of another account, whose token only the application knows."""
        import acme_client  # the tests' own minimal client
        client = acme_client.Client(self.edge.pebble.directory, self.edge.pebble.certificate)
        self.addCleanup(client.folder.cleanup)
        certificate = client.issue("customer-run.example.org", self.edge.application.tokens.__setitem__)
        self.assertIn("BEGIN CERTIFICATE", certificate)
        self.assertTrue(any("/.well-known/acme-challenge/" in path for _, path in self.edge.application.requests))

    def test_other_paths_and_hostnames_are_none_of_our_business(self):
        for path in ("/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/a/b", "/.well-known/security.txt"):
            self.assertIn(self.edge.http(path, "stranger.example.org")[0], (200, 404), path)

    def test_hostile_hosts_and_tokens_hurt_nobody(self):
        self.edge.cli("hostname", "add", "safe.example.org", "--wait")
        hosts = [b"SAFE.EXAMPLE.ORG", b"safe.example.org:80", b"safe.example.org.", b"safe.example.org.:80",
                 "b\u00fccher.example".encode(), b"x" * 300 + b".example.org", b"..", b"*", b"*.example.org",
                 b"../../etc/passwd", b"a/b/c", b"[::1]:80", b"127.0.0.1", b"-", b".", b"%00", b"\x7f", b"a..b", b""]
        tokens = [b"x", b"../../../../etc/passwd", b"%2e%2e%2f", b"x" * 8000, b"token?query", b"*", b"\xff\xfe"]
        for host in hosts:
            for token in [None, *tokens]:
                path = b"/" if token is None else b"/.well-known/acme-challenge/" + token
                status = self.raw(b"GET " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
                # HAProxy refuses some of them itself; whatever passes is answered by the application.
                self.assertIn(status, (200, 301, 400, 404, None), (host, token))
        for upper in (b"SAFE.EXAMPLE.ORG", b"safe.example.org:80", b"safe.example.org."):
            self.assertEqual(self.raw(b"GET / HTTP/1.1\r\nHost: " + upper + b"\r\nConnection: close\r\n\r\n"), 301, upper)
        self.assertTrue(self.edge.agent.running())
        self.assertEqual(self.edge.http("/", "stranger.example.org")[0], 200)

    def test_hostnames_that_are_none_never_reach_a_path_or_the_store(self):
        for bad in ("../../etc/passwd", "a/b.example.org", "..", "*", "exa mple.org", "x" * 300, "-a.example.org",
                    "localhost", "a..example.org", "under_score.example.org", "example.org:80"):
            done = self.edge.cli("hostname", "add", "--", bad, check=False)
            self.assertEqual(done.returncode, 1, (bad, done.stdout, done.stderr))
            self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(self.edge.cli("hostname", "list", "-o", "json").stdout, "")  # an object a line
        self.assertEqual(self.bundles(), [])


class DeadAgent(edge.EdgeTest):
    def test_traffic_goes_on_when_the_agent_is_gone(self):
        self.edge.cli("hostname", "add", "alive.example.org", "--wait")
        self.edge.agent.stop(9)
        self.assertEqual(self.edge.http("/", "alive.example.org")[0], 200)
        self.assertEqual(self.edge.http("/.well-known/acme-challenge/some-token-with-22-characters", "alive.example.org")[0], 404)
        self.assert_served("alive.example.org")

    def test_traffic_goes_on_while_the_agent_hangs_and_is_answered_when_it_goes_on(self):
        self.edge.cli("hostname", "add", "hung.example.org", "--wait")
        self.assertEqual(self.edge.http("/", "hung.example.org")[0], 301)
        self.edge.agent.send_signal(signal.SIGSTOP)
        for _ in range(20):
            before = time.monotonic()
            self.assertEqual(self.edge.http("/", "hung.example.org")[0], 200)
            # `timeout processing` is 250 ms; the rest is room for a busy machine.
            self.assertLess(time.monotonic() - before, 0.25 + 2.0)
        self.edge.agent.send_signal(signal.SIGCONT)
        stack.wait_for("the redirect is back", lambda: self.edge.http("/", "hung.example.org")[0] == 301)

    def test_answers_come_back_at_once_with_a_restarted_agent(self):
        self.edge.cli("hostname", "add", "back.example.org", "--wait")
        self.edge.agent.stop(9)
        self.edge.start_agent()
        stack.wait_for("the redirect is back", lambda: self.edge.http("/", "back.example.org")[0] == 301)


if __name__ == "__main__":
    unittest.main()
