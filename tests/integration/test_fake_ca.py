"""The authority of our own: what Pebble does not have, with the real daemon and HAProxy."""

import unittest

import edge
import stack


class FakeCaTest(edge.EdgeTest):
    options = {"authority": "fake"}

    def issue(self, *names):
        self.edge.cli("hostname", "add", *names, "--wait")
        self.assert_served(*names)


class SlowAuthority(FakeCaTest):
    options = {"authority": "fake", "authority_config": {
        "options": {"validation_seconds": 0.5, "processing_seconds": 2, "order_retry_after_seconds": 1,
                    "alternate_chains": 1}}}

    def test_challenges_are_fetched_through_haproxy_and_certificates_take_their_time(self):
        names = [f"slow-{i}.customer.example" for i in range(5)]
        self.issue(*names)
        counts = self.edge.pebble.statistics()
        self.assertEqual((counts["issued"], counts["validations"], counts["failed_validations"]), (5, 5, 0))
        self.assertEqual(counts["repeated_responses"], 0)

    def test_a_name_whose_challenge_fails_gets_nothing_and_harms_no_other(self):
        self.edge.pebble.manage("/options", {"verdicts": {
            "dead.customer.example": {"type": "dns", "status": 400, "detail": "NXDOMAIN looking up A"}}})
        self.edge.cli("hostname", "add", "dead.customer.example")
        self.issue("good.customer.example")
        stack.wait_for("the failure is told", lambda: "NXDOMAIN" in str(self.edge.hostname("dead.customer.example")))
        self.assertEqual([c["names"] for c in self.edge.pebble.certificates()], [["good.customer.example"]])


class FaultyAuthority(FakeCaTest):
    def test_lost_replies_bad_nonces_and_an_overload_cost_no_certificate_and_make_no_second(self):
        overload = {"status": 503, "headers": {"Content-Type": "text/html", "Retry-After": "1"}, "body": "<html>busy</html>"}
        self.edge.pebble.manage("/faults", [
            {"kind": "bad_nonce", "endpoint": "*", "first": 5, "count": 0, "probability": 0.3},
            {"kind": "lose_reply", "endpoint": "newOrder"},
            {"kind": "lose_reply", "endpoint": "finalize", "first": 2},
            {"kind": "truncate", "endpoint": "certificate", "first": 3},
            {"kind": "reply", "endpoint": "order", "first": 4, "reply": overload}])
        names = [f"faulty-{i}.customer.example" for i in range(8)]
        self.issue(*names)
        counts = self.edge.pebble.statistics()
        self.assertEqual((counts["issued"], counts["finalized"], counts["accounts"]), (8, 8, 1))
        self.assertGreaterEqual(counts["faults"], 5)

    def test_a_limit_delays_and_does_not_fail(self):
        self.edge.pebble.manage("/options", {"limits": {"new_orders": {"burst": 2, "period_seconds": 8}}})
        names = [f"limited-{i}.customer.example" for i in range(4)]
        self.issue(*names)
        self.assertEqual(self.edge.pebble.statistics()["issued"], 4)


class Renewal(FakeCaTest):
    # A certificate that is 80 days old when it is made: its window is past.
    options = {"authority": "fake", "authority_config": {"options": {"backdate_seconds": 80 * 86400}}}

    def test_a_certificate_whose_window_is_past_is_replaced_at_once(self):
        name = "renewed.customer.example"
        self.issue(name)
        self.edge.pebble.manage("/options", {"backdate_seconds": 3600})
        stack.wait_for("a certificate of now", lambda: not self.is_due(self.edge.pebble.certificates()[-1]), seconds=90)
        made = self.edge.pebble.certificates()
        self.assertGreaterEqual(len(made), 2)
        self.assertEqual([c["replaced"] for c in made], [True] * (len(made) - 1) + [False])
        newest = int(made[-1]["serial"], 16)
        stack.wait_for("it is served", lambda: int(self.edge.served(name, self.root), 16) == newest)

    @staticmethod
    def is_due(certificate):
        return certificate["window"]["end"] < certificate["issued"]


if __name__ == "__main__":
    unittest.main()
