#include "acme/client.h"

#include <set>
#include <string>
#include <vector>

#include "tests/acme/client_fixture.h"

namespace acme {
namespace {

using fakes::FakeAcmeServer;
using Fate = FakeAcmeServer::Fate;
using Arrival = FakeAcmeServer::Arrival;
using Result = base::Result<Response, Error>;
using namespace std::chrono_literals;

const std::string new_order = R"({"identifiers":[{"type":"dns","value":"a.example"}]})";

TEST_F(ClientTest, FetchesDirectoryNonceAndAccountByItself) {
  const Result result = order();
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(result->http.status, 201);
  EXPECT_EQ(result->url.text(), "https://ca.example/v1/newOrder");
  EXPECT_EQ(server_.requests["directory"], 1);
  EXPECT_EQ(server_.requests["newAccount"], 1);
  EXPECT_EQ(server_.requests["newNonce"], 1);
}

TEST_F(ClientTest, LivesOnTheNoncesOfTheReplies) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["newNonce"], 1);
  clock_.advance(2min);
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["newNonce"], 2) << "the pooled ones were too old";
}

TEST_F(ClientTest, NeverCallsBackInsidePost) {
  make_client();
  post_order();
  EXPECT_TRUE(results_.empty());
  EXPECT_EQ(server_.waiting(), 1U);
}

TEST_F(ClientTest, SharesTheFetchesOfConcurrentCallers) {
  for (int i = 0; i < 20; ++i) post_order();
  server_.run();
  ASSERT_EQ(results_.size(), 20U);
  for (const Result& result : results_) EXPECT_TRUE(result);
  EXPECT_EQ(server_.requests["directory"], 1);
  EXPECT_EQ(server_.requests["newAccount"], 1);
  EXPECT_EQ(server_.requests["newOrder"], 20);
  EXPECT_EQ(server_.account_count(), 1U);
}

TEST_F(ClientTest, AsksForAtMostEightNoncesAtOnce) {
  ASSERT_TRUE(order());
  clock_.advance(2min);
  for (int i = 0; i < 100; ++i) post_order();
  EXPECT_EQ(server_.waiting(), 8U);
  server_.run();
  EXPECT_EQ(results_.size(), 100U);
  EXPECT_LT(server_.requests["newNonce"], 60);
}

TEST_F(ClientTest, TellsWhatToStoreBeforeItIsUsed) {
  make_client();
  post_order();
  while (server_.requests["newOrder"] == 0) {
    ASSERT_TRUE(server_.waiting() > 0);
    server_.deliver();
  }
  ASSERT_EQ(records_.size(), 2U);
  EXPECT_FALSE(records_[0].directory.empty());
  EXPECT_EQ(records_[0].directory_fetched_at, clock_.wall());
  EXPECT_FALSE(records_[0].account_url);
  EXPECT_EQ(records_[1].account_url->text(), "https://ca.example/v1/account/0");
  EXPECT_EQ(client().record(), records_[1]);
}

TEST_F(ClientTest, NeedsNeitherDirectoryNorRegistrationAfterARestart) {
  ASSERT_TRUE(order());
  make_client(records_.back());
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["directory"], 1);
  EXPECT_EQ(server_.requests["newAccount"], 1);
}

TEST_F(ClientTest, RefreshesADirectoryThatIsADayOld) {
  ASSERT_TRUE(order());
  clock_.advance(24h);
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["directory"], 2);
}

TEST_F(ClientTest, UsesAnOldDirectoryWhileTheNewOneIsAway) {
  ASSERT_TRUE(order());
  clock_.advance(24h);
  server_.fate = [](const Arrival& arrival) {
    return arrival.resource == "directory" ? Fate::lose_request : Fate::serve;
  };
  ASSERT_TRUE(order());
  server_.fate = serve;
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["directory"], 1) << "not asked again at once";
  clock_.advance(5min);
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["directory"], 2);
}

TEST_F(ClientTest, FailsAllWaitingWhenThereIsNoDirectory) {
  server_.fate = [](const Arrival&) { return Fate::lose_request; };
  post_order();
  post_order();
  server_.run();
  ASSERT_EQ(results_.size(), 2U);
  EXPECT_EQ(
      describe(results_[1].error()),
      "directory https://ca.example/dir: no connection to the authority: the connection broke");
  server_.fate = serve;
  EXPECT_TRUE(order()) << "the next one asks again";
}

TEST_F(ClientTest, TakesAFreshDirectoryWhenAListedUrlIsGone) {
  ASSERT_TRUE(order());
  server_.path_prefix = "/v2";
  server_.forget_everything();
  records_.clear();
  const Result result = order();
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(result->url.text(), "https://ca.example/v2/newOrder");
  EXPECT_EQ(server_.requests["directory"], 2);
}

TEST_F(ClientTest, ReportsA404OfAListedUrlThatDidNotMove) {
  ASSERT_TRUE(order());
  server_.instead = [](const Arrival& arrival) -> std::optional<HttpResponse> {
    if (arrival.resource != "newOrder") return std::nullopt;
    return HttpResponse{404, {}, ""};
  };
  const Result result = order();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::unknown_problem);
  EXPECT_EQ(result.error().http_status, 404);
  EXPECT_EQ(server_.requests["directory"], 2);
}

// --- nonces

TEST_F(ClientTest, SignsAgainWithTheNonceOfTheRefusal) {
  ASSERT_TRUE(order());
  const int nonces = server_.requests["newNonce"];
  server_.bad_nonces = 5;
  const Result result = order();
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(server_.requests["newNonce"], nonces);
  EXPECT_EQ(server_.order_count(), 2U);
}

TEST_F(ClientTest, GivesUpAfterSixBadNoncesInARow) {
  ASSERT_TRUE(order());
  server_.bad_nonces = 6;
  const int before = server_.requests["newOrder"];
  const Result result = order();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::bad_nonce);
  EXPECT_EQ(server_.requests["newOrder"] - before, 6);
  EXPECT_TRUE(order());
}

TEST_F(ClientTest, FetchesANonceWhenTheRefusalHasNone) {
  ASSERT_TRUE(order());
  const int nonces = server_.requests["newNonce"];
  server_.forget_nonces();
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource == "newOrder" && reply.status == 400) reply.headers.clear();
  };
  const Result result = order();
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(server_.requests["newNonce"], nonces + 1);
}

TEST_F(ClientTest, TrustsNoPooledNonceWhenAYoungerOneWasRefused) {
  for (int i = 0; i < 10; ++i) post_order();
  server_.run();
  server_.forget_nonces();
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource == "newOrder" && reply.status == 400) reply.headers.clear();
  };
  const int before = server_.requests["newOrder"];
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["newOrder"] - before, 2);
}

TEST_F(ClientTest, DoesNotFailForOneLostNonceOfSeveral) {
  ASSERT_TRUE(order());
  clock_.advance(2min);
  bool is_first = true;
  server_.fate = [&is_first](const Arrival& arrival) {
    const bool loses = arrival.resource == "newNonce" && is_first;
    is_first = is_first && !loses;
    return loses ? Fate::lose_request : Fate::serve;
  };
  for (int i = 0; i < 10; ++i) post_order();
  server_.run();
  ASSERT_EQ(results_.size(), 10U);
  for (const Result& result : results_) EXPECT_TRUE(result);
}

TEST_F(ClientTest, SurvivesAServerThatForgotAllNonces) {
  for (int i = 0; i < 30; ++i) post_order();
  server_.run();
  server_.forget_nonces();
  results_.clear();
  for (int i = 0; i < 30; ++i) post_order();
  server_.run();
  for (const Result& result : results_) EXPECT_TRUE(result);
}

TEST_F(ClientTest, FailsWithTheReasonWhenThereAreNoNonces) {
  ASSERT_TRUE(order());
  clock_.advance(2min);
  server_.instead = [](const Arrival& arrival) -> std::optional<HttpResponse> {
    if (arrival.resource != "newNonce") return std::nullopt;
    return HttpResponse{503, {{"retry-after", "7"}}, "<html>"};
  };
  for (int i = 0; i < 10; ++i) post_order();
  server_.run();
  ASSERT_EQ(results_.size(), 10U);
  EXPECT_EQ(results_[9].error().code, Errc::server_internal);
  EXPECT_EQ(results_[9].error().retry_after, 7s);
  EXPECT_EQ(results_[9].error().context, "new nonce");
}

TEST_F(ClientTest, ANonceReplyWithoutNonceIsABadResponse) {
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource == "newNonce") reply.headers = {{"replay-nonce", "not base64url!"}};
  };
  EXPECT_EQ(order().error().code, Errc::bad_response);
}

TEST_F(ClientTest, NeverReusesANonceWhoseReplyWasLost) {
  ASSERT_TRUE(order());
  server_.fate = [](const Arrival&) { return Fate::lose_request; };
  ASSERT_FALSE(order());
  server_.fate = serve;
  const int nonces = server_.requests["newNonce"];
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["newNonce"], nonces + 1);
}

// --- requests

TEST_F(ClientTest, PostsAsGetWithAnAcceptHeader) {
  ASSERT_TRUE(order());
  std::string accept;
  server_.fate = [&accept](const Arrival& arrival) {
    accept = arrival.request.accept;
    return Fate::serve;
  };
  client().post(
      {*Url::parse("https://ca.example/v1/order/0"), "", std::string(pem_certificate_chain)},
      [this](Result result) { results_.push_back(std::move(result)); });
  server_.run();
  ASSERT_TRUE(results_.back());
  EXPECT_EQ(accept, "application/pem-certificate-chain");
}

TEST_F(ClientTest, ReportsTheProblemOfTheReply) {
  ASSERT_TRUE(order());
  client().post({*Url::parse("https://ca.example/v1/finalize/0"), R"({"csr":""})"},
                [this](Result result) { results_.push_back(std::move(result)); });
  server_.run();
  ASSERT_FALSE(results_.back());
  EXPECT_EQ(results_.back().error().code, Errc::order_not_ready);
  EXPECT_EQ(results_.back().error().http_status, 403);
}

TEST_F(ClientTest, PassesTransportErrorsOn) {
  ASSERT_TRUE(order());
  server_.fate = [](const Arrival&) { return Fate::lose_reply; };
  const Result result = order();
  EXPECT_EQ(result.error().code, Errc::connection_failed);
  EXPECT_EQ(server_.order_count(), 2U) << "the request was carried out; nobody repeats it here";
}

TEST_F(ClientTest, SendsNoRedirectsOn) {
  ASSERT_TRUE(order());
  server_.instead = [](const Arrival&) {
    return HttpResponse{302, {{"location", "https://evil.example/"}}, ""};
  };
  EXPECT_EQ(order().error().http_status, 302);
}

// --- cancellation

TEST_F(ClientTest, ACancelledCallIsNeverCalledBack) {
  const Client::CallId first = post_order();
  post_order();
  client().cancel(first);
  server_.run();
  EXPECT_EQ(results_.size(), 1U);
  client().cancel(first);
}

TEST_F(ClientTest, ACancelledCallLeavesItsNonceToOthers) {
  ASSERT_TRUE(order());
  const int nonces = server_.requests["newNonce"];
  client().cancel(post_order());
  server_.run();
  ASSERT_TRUE(order());
  EXPECT_EQ(server_.requests["newNonce"], nonces);
}

TEST_F(ClientTest, DestructionAtAnyMomentCallsNobodyBack) {
  int requests = 0;
  do {
    server_.forget_everything();
    make_client();
    for (int i = 0; i < 3; ++i) post_order();
    for (int i = 0; i < requests; ++i) server_.deliver();
    const std::size_t answered = results_.size();
    client_.reset();
    server_.run();
    ASSERT_EQ(results_.size(), answered) << "after " << requests << " requests";
    results_.clear();
    ++requests;
  } while (requests < 12);
}

TEST_F(ClientTest, ACallbackMayDestroyTheClient) {
  make_client();
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    client().post({Endpoint::new_order, new_order}, [this, &calls](const Result&) {
      ++calls;
      client_.reset();
    });
  }
  server_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(ClientTest, ACallbackMayDestroyTheClientWhenAllFailTogether) {
  server_.fate = [](const Arrival&) { return Fate::lose_request; };
  make_client();
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    client().post({Endpoint::new_order, new_order}, [this, &calls](const Result&) {
      ++calls;
      client_.reset();
    });
  }
  server_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(ClientTest, ACallbackMayPostAndCancel) {
  make_client();
  const Client::CallId other = post_order();
  client().post({Endpoint::new_order, new_order}, [this, other](const Result&) {
    client().cancel(other);
    post_order();
  });
  server_.run();
  EXPECT_GE(results_.size(), 1U);
}

TEST_F(ClientTest, ADestroyedCallbackMayCancel) {
  make_client();
  struct Owner {
    Client& client;
    std::optional<Client::CallId> id = {};
    ~Owner() {
      if (id) client.cancel(*id);
    }
  };
  auto owner = std::make_shared<Owner>(Owner{client()});
  const Client::CallId first =
      client().post({Endpoint::new_order, new_order}, [owner](const Result&) {});
  owner->id = post_order();
  owner.reset();
  client().cancel(first);
  server_.run();
  EXPECT_TRUE(results_.empty());
}

// --- renewal info

class ClientRenewalInfo : public ClientTest {
 protected:
  ClientRenewalInfo() { server_.offers_renewal_info = true; }

  Result fetch(const std::string& certificate) {
    client().fetch_renewal_info(CertId(certificate),
                                [this](Result result) { results_.push_back(std::move(result)); });
    EXPECT_TRUE(results_.empty()) << "called back inside";
    server_.run();
    Result result = std::move(results_.back());
    results_.pop_back();
    return result;
  }
};

TEST_F(ClientRenewalInfo, IsAskedForWithoutASignatureOrAnAccount) {
  std::vector<std::string> asked;
  server_.fate = [&asked](const Arrival& arrival) {
    const bool is_get = arrival.request.method == HttpMethod::get;
    asked.push_back((is_get ? "GET " : "POST ") + arrival.request.url.text());
    return Fate::serve;
  };
  server_.instead = [](const Arrival& arrival) -> std::optional<HttpResponse> {
    if (arrival.resource != "renewalInfo") return std::nullopt;
    return HttpResponse{200, {}, "the body"};
  };
  EXPECT_EQ(fetch("aYhb.f2U")->http.body, "the body");
  EXPECT_EQ(asked,
            (std::vector<std::string>{"GET https://ca.example/dir",
                                      "GET https://ca.example/v1/renewalInfo/aYhb.f2U"}));
}

TEST_F(ClientRenewalInfo, ToAUrlThatEndsInASlashGetsNoSecondOne) {
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource != "directory") return;
    reply.body = R"({"newNonce":"/n","newAccount":"/a","newOrder":"/o","renewalInfo":"/ari/"})";
  };
  EXPECT_EQ(fetch("aYhb.f2U").error().http_status, 404);
  EXPECT_EQ(server_.requests.at("unknown"), 1);
}

TEST_F(ClientRenewalInfo, OfAnAuthorityWithoutItIsLookedForInAFreshDirectoryFirst) {
  server_.offers_renewal_info = false;
  EXPECT_EQ(fetch("aYhb.f2U").error().code, Errc::no_renewal_info);
  EXPECT_EQ(server_.requests["directory"], 1) << "it was fresh";
  EXPECT_EQ(fetch("aYhb.f2U").error().code, Errc::no_renewal_info);
  EXPECT_EQ(server_.requests["directory"], 2);
  server_.offers_renewal_info = true;
  EXPECT_EQ(fetch("aYhb.f2U").error().http_status, 404);
  EXPECT_TRUE(client().directory()->renewal_info);
}

TEST_F(ClientRenewalInfo, HasTheAuthoritysProblemAndRetryAfter) {
  server_.instead = [](const Arrival& arrival) -> std::optional<HttpResponse> {
    if (arrival.resource != "renewalInfo") return std::nullopt;
    return HttpResponse{503, {{"retry-after", "77"}}, "<html>"};
  };
  const Result result = fetch("aYhb.f2U");
  EXPECT_EQ(result.error().code, Errc::server_internal);
  EXPECT_EQ(result.error().retry_after, 77s);
}

TEST_F(ClientRenewalInfo, PassesTransportErrorsOn) {
  server_.fate = [](const Arrival& arrival) {
    return arrival.resource == "renewalInfo" ? Fate::lose_reply : Fate::serve;
  };
  EXPECT_EQ(fetch("aYhb.f2U").error().code, Errc::connection_failed);
}

// --- profiles

class ClientProfile : public ClientTest {
 protected:
  Result order(const std::string& profile) {
    client().post({Endpoint::new_order, new_order, {}, profile},
                  [this](Result result) { results_.push_back(std::move(result)); });
    EXPECT_TRUE(results_.empty()) << "called back inside";
    server_.run();
    Result result = std::move(results_.back());
    results_.pop_back();
    return result;
  }
};

TEST_F(ClientProfile, ThatIsNotOfferedIsNeverSent) {
  server_.profiles = {{"classic", ""}, {"shortlived", ""}};
  const Result result = order("tlsserver");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::invalid_profile);
  EXPECT_EQ(result.error().origin, Origin::local);
  EXPECT_EQ(result.error().detail, "it has classic, shortlived, not tlsserver");
  EXPECT_EQ(server_.order_count(), 0U);
}

TEST_F(ClientProfile, ThatIsNewAtTheAuthorityIsFoundInAFreshDirectory) {
  server_.profiles = {{"classic", ""}};
  EXPECT_TRUE(order("classic"));
  EXPECT_EQ(server_.requests["directory"], 1);
  server_.profiles["shortlived"] = "";
  EXPECT_TRUE(order("shortlived"));
  EXPECT_EQ(server_.requests["directory"], 2);
}

TEST_F(ClientProfile, IsSentWhereTheDirectoryHasNoList) {
  EXPECT_TRUE(order("anything"));
}

TEST_F(ClientProfile, IsRefusedByAnOldCopyWhileTheDirectoryIsAway) {
  server_.profiles = {{"classic", ""}};
  EXPECT_TRUE(order("classic"));
  server_.fate = [](const Arrival& arrival) {
    return arrival.resource == "directory" ? Fate::lose_reply : Fate::serve;
  };
  EXPECT_EQ(order("shortlived").error().code, Errc::invalid_profile);
  EXPECT_TRUE(order("classic"));
}

}  // namespace
}  // namespace acme
