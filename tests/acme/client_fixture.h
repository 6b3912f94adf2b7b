#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "acme/client.h"
#include "tests/fakes/example_account.h"
#include "tests/fakes/fake_acme_server.h"
#include "tests/fakes/fake_clock.h"

namespace acme {

/// A client of the fake authority, with the example account's key.
class ClientTest : public testing::Test {
 protected:
  using Result = base::Result<Response, Error>;
  using FakeAcmeServer = fakes::FakeAcmeServer;

  void make_client(AuthorityRecord record = {}) {
    client_ = std::make_unique<Client>(server_,
                                       clock_,
                                       PrivateKey::parse_pem(fakes::example_account_key).value(),
                                       options_,
                                       std::move(record),
                                       [this](const AuthorityRecord& r) { records_.push_back(r); });
  }
  Client& client() {
    if (!client_) make_client();
    return *client_;
  }
  Client::CallId post_order() {
    return client().post(
        {Endpoint::new_order, R"({"identifiers":[{"type":"dns","value":"a.example"}]})"},
        [this](Result result) { results_.push_back(std::move(result)); });
  }
  Result order() {
    post_order();
    server_.run();
    Result result = std::move(results_.back());
    results_.pop_back();
    return result;
  }
  Result register_account() {
    client().register_account([this](Result result) { results_.push_back(std::move(result)); });
    server_.run();
    return results_.back();
  }
  static FakeAcmeServer::Fate serve(const FakeAcmeServer::Arrival&) {
    return FakeAcmeServer::Fate::serve;
  }

  fakes::FakeClock clock_;
  FakeAcmeServer server_{clock_};
  AuthorityOptions options_{.directory_url = *Url::parse("https://ca.example/dir")};
  std::unique_ptr<Client> client_;
  std::vector<AuthorityRecord> records_;
  std::vector<Result> results_;
};

}  // namespace acme
