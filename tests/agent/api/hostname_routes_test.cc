#include "agent/api/hostname_routes.h"

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
using testing::IsEmpty;

class HostnameRoutesTest : public ApiFixture {
 protected:
  void add(const std::string& names) {
    ASSERT_EQ(post("/v1/hostnames", "{\"names\": [" + names + "]}").status, 200u);
    changes_.calls.clear();
  }
  /// The names a list shows.
  static std::vector<std::string> names_of(const HttpReply& reply) {
    std::vector<std::string> names;
    const json page = reply.json();
    for (const json& hostname : page["hostnames"]) names.push_back(hostname["name"]);
    return names;
  }
};

TEST_F(HostnameRoutesTest, AddsManyAndSaysWhatBecameOfEach) {
  add("\"b.example\"");
  const HttpReply reply =
      post("/v1/hostnames",
           R"({"names": ["A.Example.", "b.example", "bücher.example"], "https_redirect": false})");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.json(), json::parse(R"({"results": [
      {"name": "a.example", "outcome": "added"},
      {"name": "b.example", "outcome": "unchanged"},
      {"name": "xn--bcher-kva.example", "outcome": "added"}]})"));
  EXPECT_THAT(changes_.calls, ElementsAre("changed a.example", "changed xn--bcher-kva.example"));
}

TEST_F(HostnameRoutesTest, UpdatesWhatIsThereAndKeepsWhatIsLeftOut) {
  add("\"a.example\"");
  EXPECT_EQ(post("/v1/hostnames", R"({"names": ["a.example"], "https_redirect": true})")
                .json()["results"][0]["outcome"],
            "updated");
  EXPECT_EQ(post("/v1/hostnames", R"({"names": ["a.example"], "mode": "automatic"})")
                .json()["results"][0]["outcome"],
            "unchanged");
  EXPECT_EQ(get("/v1/hostnames/a.example").json()["https_redirect"], true);
  EXPECT_THAT(changes_.calls, ElementsAre("changed a.example"));
}

TEST_F(HostnameRoutesTest, RefusesAWildcardThatNothingCanProveAndNamesTheKey) {
  const HttpReply reply =
      post("/v1/hostnames", R"({"names": ["a.example", "*.example.org"], "mode": "automatic"})");
  EXPECT_EQ(reply.status, 400u);
  const json error = reply.json()["errors"][0];
  EXPECT_EQ(error["field"], "names[1]");
  EXPECT_EQ(error["rule"], "provable");
  EXPECT_THAT(std::string(error["detail"]), HasSubstr("*.example.org"));
  EXPECT_THAT(std::string(error["detail"]), HasSubstr("challenges.types"));
  EXPECT_EQ(get("/v1/hostnames/a.example").status, 404u);
  EXPECT_EQ(put("/v1/hostnames/*.example.org", "{}").status, 400u);
  EXPECT_EQ(put("/v1/hostnames/*.example.org", R"({"mode": "off"})").status, 201u)
      << "nobody is asked for a proof";
}

TEST_F(HostnameRoutesTest, TakesAddresses) {
  EXPECT_EQ(post("/v1/hostnames", R"({"names": ["192.0.2.7", "2001:DB8::1"]})").status, 200u);
  EXPECT_EQ(get("/v1/hostnames/192.0.2.7").json()["name"], "192.0.2.7");
  EXPECT_EQ(get("/v1/hostnames/2001:db8::1").json()["name"], "2001:db8::1");
}

TEST_F(HostnameRoutesTest, RefusesABatchWholeAndNamesEachBadEntry) {
  const HttpReply reply = post("/v1/hostnames", R"({
      "names": ["good.example", "../etc/passwd", "*.*.example.org", "GOOD.example", "10.0.0.256"],
      "mode": "manual", "https_redirect": "yes", "colour": "red"})");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(reply.header.at("content-type"), "application/problem+json");
  const json problem = reply.json();
  EXPECT_EQ(problem["type"], "urn:acme-spoa:problem:invalid-fields");
  EXPECT_EQ(problem["status"], 400);
  std::vector<std::string> broken;
  for (const json& error : problem["errors"]) {
    broken.push_back(std::string(error["field"]) + " " + std::string(error["rule"]));
  }
  EXPECT_THAT(broken,
              ElementsAre("names[1] hostname",
                          "names[2] hostname",
                          "names[3] unique",
                          "names[4] hostname",
                          "mode choice",
                          "https_redirect type",
                          "colour unknown"));
  EXPECT_THAT(std::string(problem["detail"]), HasSubstr("../etc/passwd"));
  EXPECT_EQ(get("/v1/hostnames/good.example").status, 404u);
  EXPECT_THAT(changes_.calls, IsEmpty());
}

TEST_F(HostnameRoutesTest, BoundsABatch) {
  std::string names = "\"a.example\"";
  for (std::size_t i = 0; i < HostnameRoutes::max_names; ++i) {
    names += ", \"n" + std::to_string(i) + ".example\"";
  }
  const HttpReply reply = post("/v1/hostnames", "{\"names\": [" + names + "]}");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(reply.json()["errors"][0]["rule"], "range");
}

TEST_F(HostnameRoutesTest, ShowsAHostnameByAnySpellingOfItsName) {
  add("\"bücher.example\"");
  for (const char* name :
       {"xn--bcher-kva.example", "B%C3%9CCHER.Example", "b%c3%bccher.example."}) {
    const HttpReply reply = get("/v1/hostnames/" + std::string(name));
    EXPECT_EQ(reply.status, 200u) << name;
    EXPECT_EQ(reply.json()["name"], "xn--bcher-kva.example");
    EXPECT_EQ(reply.json()["unicode_name"], "bücher.example");
  }
}

TEST_F(HostnameRoutesTest, ShowsHowFarAHostnameIs) {
  add("\"a.example\"");
  EXPECT_EQ(get("/v1/hostnames/a.example").json()["stage"], "queued");
  const CertificateId id = issue("a.example", now() + 24h);
  const json deploying = get("/v1/hostnames/a.example").json();
  EXPECT_EQ(deploying["stage"], "deploying");
  EXPECT_EQ(deploying["state"], "pending");
  in_store([&](Store& store) { EXPECT_TRUE(store.mark_served(std::span(&id, 1), now())); });
  const json served = get("/v1/hostnames/a.example").json();
  EXPECT_EQ(served["stage"], "served");
  EXPECT_EQ(served["state"], "ready");
  EXPECT_EQ(served["certificate"]["id"], id.value());
}

TEST_F(HostnameRoutesTest, SaysThatANameIsUnknownOrNone) {
  EXPECT_EQ(get("/v1/hostnames/unknown.example").status, 404u);
  EXPECT_EQ(get("/v1/hostnames/unknown.example").json()["type"],
            "urn:acme-spoa:problem:unknown-hostname");
  for (const char* name : {"..%2f..%2fetc%2fpasswd", "%00", "localhost", "%2A.example"}) {
    const HttpReply reply = get("/v1/hostnames/" + std::string(name));
    EXPECT_EQ(reply.status, 400u) << name;
    EXPECT_EQ(reply.json()["errors"][0]["field"], "name");
    EXPECT_EQ(reply.json()["errors"][0]["rule"], "hostname");
  }
}

TEST_F(HostnameRoutesTest, PutsTheSameWhateverWasBefore) {
  const HttpReply added = put("/v1/hostnames/a.example", R"({"https_redirect": true})");
  EXPECT_EQ(added.status, 201u);
  EXPECT_EQ(added.json()["https_redirect"], true);
  const HttpReply again = put("/v1/hostnames/a.example", R"({"https_redirect": true})");
  EXPECT_EQ(again.status, 200u);
  EXPECT_EQ(again.json(), added.json());
  EXPECT_THAT(changes_.calls, ElementsAre("changed a.example"));
  EXPECT_EQ(put("/v1/hostnames/a.example", "{}").json()["https_redirect"], false);
  EXPECT_THAT(changes_.calls, ElementsAre("changed a.example", "changed a.example"));
}

TEST_F(HostnameRoutesTest, PatchesOnlyWhatIsThere) {
  EXPECT_EQ(patch("/v1/hostnames/a.example", "{}").status, 404u);
  EXPECT_EQ(put("/v1/hostnames/a.example", R"({"https_redirect": true})").status, 201u);
  changes_.calls.clear();
  const HttpReply off = patch("/v1/hostnames/a.example", R"({"mode": "off"})");
  EXPECT_EQ(off.status, 200u);
  EXPECT_EQ(off.json()["mode"], "off");
  EXPECT_EQ(off.json()["state"], "disabled");
  EXPECT_EQ(off.json()["https_redirect"], true);
  EXPECT_THAT(changes_.calls, ElementsAre("changed a.example"));
}

TEST_F(HostnameRoutesTest, TakesWhoseTheChallengePathIs) {
  const char* const path = "/v1/hostnames/a.example";
  const HttpReply added = put(path, R"({"mode": "custom", "challenge_path": "left_alone"})");
  EXPECT_EQ(added.json()["challenge_path"], "left_alone");
  const std::string etag = added.header.at("etag");
  EXPECT_EQ(patch(path, R"({"https_redirect": true})").json()["challenge_path"], "left_alone");
  const HttpReply answered = patch(path, R"({"challenge_path": "answered"})");
  EXPECT_EQ(answered.json()["challenge_path"], "answered");
  EXPECT_NE(answered.header.at("etag"), etag);
  EXPECT_EQ(patch(path, R"({"challenge_path": "left_alone"})").status, 200u);
  EXPECT_EQ(put(path, R"({"mode": "custom"})").json()["challenge_path"], "answered");
  const HttpReply refused = put(path, R"({"challenge_path": "mine"})");
  EXPECT_EQ(refused.status, 400u);
  EXPECT_EQ(refused.json()["errors"][0]["field"], "challenge_path");
}

TEST_F(HostnameRoutesTest, RefusesAHostnameThatNothingIsLeftToProve) {
  const HttpReply refused =
      post("/v1/hostnames", R"({"names": ["a.example"], "challenge_path": "left_alone"})");
  EXPECT_EQ(refused.status, 400u);
  EXPECT_EQ(refused.json()["errors"][0]["rule"], "provable");
  EXPECT_THAT(std::string(refused.json()["errors"][0]["detail"]),
              HasSubstr("allowed would be challenge_path answered"));
}

TEST_F(HostnameRoutesTest, RefusesMembersItDoesNotKnow) {
  for (const auto& reply : {put("/v1/hostnames/a.example", R"({"names": []})"),
                            patch("/v1/hostnames/a.example", R"({"https-redirect": true})"),
                            post("/v1/hostnames/remove", R"({"names": ["a.b"], "mode": "off"})")}) {
    EXPECT_EQ(reply.status, 400u);
    EXPECT_EQ(reply.json()["errors"][0]["rule"], "unknown");
  }
}

TEST_F(HostnameRoutesTest, RemovesOne) {
  add("\"a.example\"");
  EXPECT_EQ(remove("/v1/hostnames/a.example").status, 204u);
  EXPECT_THAT(changes_.calls, ElementsAre("changed a.example"));
  EXPECT_EQ(remove("/v1/hostnames/a.example").status, 404u);
  EXPECT_EQ(get("/v1/hostnames/a.example").status, 404u);
}

TEST_F(HostnameRoutesTest, RemovesMany) {
  add("\"a.example\", \"b.example\", \"c.example\"");
  const HttpReply reply =
      post("/v1/hostnames/remove", R"({"names": ["a.example", "x.example", "c.example"]})");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.json(), json::parse(R"({"results": [
      {"name": "a.example", "outcome": "removed"},
      {"name": "x.example", "outcome": "not_found"},
      {"name": "c.example", "outcome": "removed"}]})"));
  EXPECT_THAT(changes_.calls, ElementsAre("changed a.example", "changed c.example"));
  EXPECT_THAT(names_of(get("/v1/hostnames")), ElementsAre("b.example"));
}

TEST_F(HostnameRoutesTest, ListsPageByPage) {
  add("\"a.example\", \"b.example\", \"c.example\"");
  const HttpReply first = get("/v1/hostnames?limit=2");
  EXPECT_THAT(names_of(first), ElementsAre("a.example", "b.example"));
  const HttpReply second = get("/v1/hostnames?limit=2&cursor=" + std::string(first.json()["next"]));
  EXPECT_THAT(names_of(second), ElementsAre("c.example"));
  EXPECT_EQ(second.json()["next"], nullptr);
}

TEST_F(HostnameRoutesTest, SearchesByNameAndState) {
  add("\"shop.alice.example\", \"blog.alice.example\", \"shop.bob.example\"");
  EXPECT_EQ(patch("/v1/hostnames/shop.bob.example", R"({"mode": "off"})").status, 200u);
  EXPECT_THAT(names_of(get("/v1/hostnames?search=SHOP")),
              ElementsAre("shop.alice.example", "shop.bob.example"));
  EXPECT_THAT(names_of(get("/v1/hostnames?search=alice&match=contains")),
              ElementsAre("blog.alice.example", "shop.alice.example"));
  EXPECT_THAT(names_of(get("/v1/hostnames?state=disabled")), ElementsAre("shop.bob.example"));
}

TEST_F(HostnameRoutesTest, ListsUnusedHostnames) {
  add(R"("a.example", "b.example")");
  const base::DomainName unused = base::DomainName::parse("b.example").value();
  const base::WallTime since{};
  const std::vector<UsageLook> looks = {{unused, since, since, "b.example has no address", since}};
  in_store([&looks, since](Store& store) { ASSERT_TRUE(store.save_usage_looks(looks, since)); });
  const HttpReply reply = get("/v1/hostnames?usage=unused");
  ASSERT_EQ(reply.json()["hostnames"].size(), 1u);
  EXPECT_EQ(reply.json()["hostnames"][0]["name"], "b.example");
}

TEST_F(HostnameRoutesTest, RefusesBadParametersOfAList) {
  struct Case {
    const char* query;
    const char* rule;
  };
  for (const auto& [query, rule] : {Case{"limit=0", "range"},
                                    Case{"limit=1001", "range"},
                                    Case{"limit=ten", "range"},
                                    Case{"limit=1&limit=2", "unique"},
                                    Case{"match=regex", "choice"},
                                    Case{"state=none", "choice"},
                                    Case{"state=fine", "choice"},
                                    Case{"usage=used", "choice"},
                                    Case{"search=a_b", "characters"},
                                    Case{"search=%25", "characters"},
                                    Case{"page=2", "unknown"}}) {
    const HttpReply reply = get("/v1/hostnames?" + std::string(query));
    EXPECT_EQ(reply.status, 400u) << query;
    EXPECT_EQ(reply.json()["errors"][0]["rule"], rule) << query;
    EXPECT_EQ(reply.json()["errors"][0]["field"],
              std::string(query).substr(0, std::string(query).find('=')));
  }
}

TEST_F(HostnameRoutesTest, WantsJson) {
  peer_.send("POST /v1/hostnames HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(peer_.receive().status, 415u);
  EXPECT_EQ(post("/v1/hostnames", "{").status, 400u);
  EXPECT_EQ(post("/v1/hostnames", "{").json()["type"], "urn:acme-spoa:problem:malformed-request");
}

TEST_F(HostnameRoutesTest, AnETagStandsForWhatIsWanted) {
  add("\"a.example\"");
  const HttpReply shown = get("/v1/hostnames/a.example");
  const std::string etag = shown.header.at("etag");
  EXPECT_EQ(
      peer_.request("GET", "/v1/hostnames/a.example", "", "If-None-Match: " + etag + "\r\n").status,
      304u);
  const std::string stale = "If-Match: \"off-plain\"\r\n";
  const std::string body = R"({"https_redirect": true})";
  EXPECT_EQ(peer_.request("PUT", "/v1/hostnames/a.example", body, stale).status, 412u);
  EXPECT_EQ(peer_.request("PATCH", "/v1/hostnames/a.example", body, stale).status, 412u);
  EXPECT_EQ(peer_.request("DELETE", "/v1/hostnames/a.example", "", stale).status, 412u);
  EXPECT_EQ(get("/v1/hostnames/a.example").json()["https_redirect"], false);
  const std::string current = "If-Match: " + etag + "\r\n";
  EXPECT_EQ(peer_.request("PUT", "/v1/hostnames/a.example", body, current).status, 200u);
  EXPECT_EQ(peer_.request("PUT", "/v1/hostnames/a.example", body, current).status, 412u)
      << "it has another one by now";
  EXPECT_EQ(peer_.request("PUT", "/v1/hostnames/new.example", body, "If-Match: *\r\n").status,
            412u);
}

}  // namespace
}  // namespace agent
