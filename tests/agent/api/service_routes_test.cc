#include "agent/api/service_routes.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using ServiceRoutesTest = ApiFixture;

TEST_F(ServiceRoutesTest, SaysThatTheProcessLives) {
  EXPECT_EQ(get("/healthz").status, 200u);
  EXPECT_EQ(get("/healthz").body, "ok\n");
}

TEST_F(ServiceRoutesTest, IsReadyWhenNothingIsMissing) {
  const HttpReply reply = get("/readyz");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.json(), json::parse(R"({"ready": true, "reasons": []})"));
}

TEST_F(ServiceRoutesTest, SaysWhyItIsNotReady) {
  readiness_.reasons = {"the store is not open yet", "SPOP does not listen"};
  const HttpReply reply = get("/readyz");
  EXPECT_EQ(reply.status, 503u);
  EXPECT_EQ(reply.json()["ready"], false);
  EXPECT_THAT(reply.json()["reasons"],
              ElementsAre("the store is not open yet", "SPOP does not listen"));
}

TEST_F(ServiceRoutesTest, TellsTheVersion) {
  EXPECT_EQ(get("/v1/version").json(), json::parse(R"({"name": "acme-spoa", "version": "1.2.3"})"));
}

TEST_F(ServiceRoutesTest, TellsWhatHasHappened) {
  EXPECT_EQ(put("/v1/hostnames/a.example", "{}").status, 201u);
  EXPECT_EQ(put("/v1/hostnames/b.example", "{}").status, 201u);
  const json all = get("/v1/events").json();
  ASSERT_EQ(all["events"].size(), 2u);
  EXPECT_EQ(all["events"][0]["kind"], "hostname added");
  EXPECT_EQ(all["events"][0]["subject"], "a.example");
  EXPECT_EQ(all["events"][0]["at"], "2030-01-01T00:00:00Z");
  EXPECT_EQ(get("/v1/events?subject=b.example").json()["events"].size(), 1u);
}

TEST_F(ServiceRoutesTest, GoesOnWithEventsWhereAClientStopped) {
  EXPECT_EQ(put("/v1/hostnames/a.example", "{}").status, 201u);
  const std::string last = get("/v1/events").json()["last"].dump();
  const json nothing_new = get("/v1/events?after=" + last).json();
  EXPECT_EQ(nothing_new["events"].size(), 0u);
  EXPECT_EQ(nothing_new["last"].dump(), last);
  EXPECT_EQ(put("/v1/hostnames/b.example", "{}").status, 201u);
  EXPECT_EQ(get("/v1/events?after=" + last).json()["events"][0]["subject"], "b.example");
}

TEST_F(ServiceRoutesTest, ShowsMetricsOfStoreAndComponents) {
  figures_.values.spop.notifies = 7;
  EXPECT_EQ(post("/v1/hostnames", R"({"names": ["a.example", "b.example"]})").status, 200u);
  issue("a.example", now() + 2 * 24h);
  const HttpReply reply = get("/metrics");
  EXPECT_EQ(reply.header.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line : {"acme_spoa_hostnames{state=\"pending\"} 2\n",
                           "acme_spoa_spop_notifies_total 7\n",
                           "acme_spoa_certificates 1\n",
                           "acme_spoa_certificates_expiring{within_days=\"1\"} 0\n",
                           "acme_spoa_certificates_expiring{within_days=\"3\"} 1\n",
                           "acme_spoa_store_up 1\n",
                           "acme_spoa_build_info{version=\"1.2.3\"} 1\n"}) {
    EXPECT_THAT(reply.body, HasSubstr(line));
  }
  EXPECT_THAT(reply.body, Not(HasSubstr("a.example")));
}

TEST_F(ServiceRoutesTest, CountsCertificatesOnceAMinuteAtMost) {
  EXPECT_EQ(post("/v1/hostnames", R"({"names": ["a.example", "b.example"]})").status, 200u);
  issue("a.example", now() + 24h);
  EXPECT_THAT(get("/metrics").body, HasSubstr("acme_spoa_certificates 1\n"));
  issue("b.example", now() + 24h);
  server_.in_thread([&] { clock_.advance(59s); });
  EXPECT_THAT(get("/metrics").body, HasSubstr("acme_spoa_certificates 1\n"));
  server_.in_thread([&] { clock_.advance(1s); });
  EXPECT_THAT(get("/metrics").body, HasSubstr("acme_spoa_certificates 2\n"));
}

TEST_F(ServiceRoutesTest, ShowsStrangersHealthAndMetricsOnly) {
  RunningServer strangers(api_.public_routes());
  HttpPeer peer(strangers.endpoint());
  EXPECT_EQ(peer.request("GET", "/healthz").status, 200u);
  EXPECT_EQ(peer.request("GET", "/readyz").status, 200u);
  EXPECT_EQ(peer.request("GET", "/v1/hostnames").status, 404u);
  EXPECT_EQ(peer.request("PUT", "/v1/hostnames/a.example", "{}").status, 404u);
  EXPECT_EQ(peer.request("GET", "/v1/events").status, 404u);
  EXPECT_EQ(peer.request("POST", "/metrics", "{}").status, 405u);
}

TEST_F(ServiceRoutesTest, StreamsEventsAsTheyComeAndGoesOnWhereAClientLeft) {
  ASSERT_EQ(put("/v1/hostnames/before.example", "{}").status, 201u);
  HttpPeer follower(server_.endpoint());
  follower.send("GET /v1/events HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n");
  const HttpReply head = follower.receive();
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.header.at("content-type"), "text/event-stream");
  ASSERT_EQ(put("/v1/hostnames/a.example", "{}").status, 201u);
  const std::string text = follower.receive_until("a.example");
  EXPECT_THAT(text, HasSubstr("event: hostname added\n"));
  EXPECT_THAT(text, Not(HasSubstr("before.example")));
  ASSERT_EQ(put("/v1/hostnames/b.example", "{}").status, 201u);
  HttpPeer returning(server_.endpoint());
  returning.send(
      "GET /v1/events HTTP/1.1\r\nAccept: text/event-stream\r\nLast-Event-ID: 2\r\n\r\n");
  EXPECT_EQ(returning.receive().status, 200u);
  EXPECT_THAT(returning.receive_until("b.example"), Not(HasSubstr("a.example")));
  EXPECT_EQ(
      peer_.request("GET", "/v1/events", "", "Accept: text/event-stream\r\nLast-Event-ID: x\r\n")
          .status,
      400u);
}

TEST_F(ServiceRoutesTest, AnswersWithoutADatabaseUntilThereIsOne) {
  AdminApi early({.store = {},
                  .clock = clock_,
                  .changes = changes_,
                  .readiness = readiness_,
                  .metrics = metrics_,
                  .figures = figures_,
                  .haproxy = haproxy_,
                  .accounts = accounts_,
                  .version = "1.2.3",
                  .random = random_,
                  .custom_bundle_path = nullptr});
  RunningServer server(early.admin_routes());
  HttpPeer peer(server.endpoint());
  EXPECT_EQ(peer.request("GET", "/healthz").status, 200u);
  EXPECT_THAT(peer.request("GET", "/metrics").body, HasSubstr("acme_spoa_store_up 0\n"));
  for (const char* target : {"/v1/hostnames", "/v1/hostnames/a.example", "/v1/events"}) {
    const HttpReply reply = peer.request("GET", target);
    EXPECT_EQ(reply.status, 503u) << target;
    EXPECT_EQ(reply.json()["type"], "urn:acme-spoa:problem:store-unavailable");
  }
  server.in_thread([&] { early.use(database_); });
  EXPECT_EQ(peer.request("GET", "/v1/hostnames").status, 200u);
}

}  // namespace
}  // namespace agent
