#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/random.h"
#include "tests/fake_ca/in_process_client.h"
#include "tests/fakes/fake_random.h"

namespace fake_ca {

/// A whole authority in memory, behind the client's own interface: it looks for the answers to
/// http-01 challenges in `answers`. Stands in for fakes::FakeAcmeServer in an order driver.
class InProcessServer final : public acme::HttpClient {
 public:
  explicit InProcessServer(const base::Clock& clock, Options options = {})
      : ca(clock, random_, std::move(options)) {}

  static acme::Url directory_url() { return InProcessClient::directory_url(); }

  void send(acme::HttpRequest request, Callback done) override {
    client_.send(std::move(request), std::move(done));
  }
  bool deliver() { return client_.deliver(); }
  void run() {
    while (deliver()) {
    }
  }

  Options& options() { return ca.state().options; }
  const Statistics& statistics() const { return ca.state().statistics; }

 private:
  fakes::FakeRandom random_;

 public:
  Ca ca;
  FaultPlan faults;
  std::map<std::string, std::string> answers;  ///< token → key authorization, as published

 private:
  Evidence find(const ValidationTask& task) const {
    const auto answer = answers.find(task.token);
    if (answer == answers.end()) return HttpAnswer{404, "not found"};
    return HttpAnswer{200, answer->second};
  }

  InProcessClient client_{ca, faults, [this](const ValidationTask& task) { return find(task); }};
};

}  // namespace fake_ca
