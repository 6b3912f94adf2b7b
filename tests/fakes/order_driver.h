#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme/certificate_key.h"
#include "acme/client.h"
#include "acme/order_machine.h"
#include "tests/fakes/example_account.h"
#include "tests/fakes/fake_acme_server.h"
#include "tests/fakes/fake_clock.h"

namespace fakes {

/// A shell for orders as the program has one: stores before it acts, performs actions through an
/// acme::Client, and may be killed at any instant, after which restart() knows only what was
/// stored. Time jumps to the next timer when nothing else is to be done. `Server` is an authority
/// in memory that is made of a clock.
template <class Server>
class BasicOrderDriver {
 public:
  struct Order {
    acme::OrderRecord stored;
    std::optional<acme::CertificateInfo> certificate = {};
    std::optional<acme::Error> error = {};
    std::vector<acme::Error> suspensions = {};
    bool is_over() const { return certificate || error; }
  };

  BasicOrderDriver() { make_client(); }

  /// The index of the new order.
  std::size_t add(const std::vector<std::string>& names) {
    acme::OrderRecord record;
    for (const std::string& name : names) {
      record.identifiers.emplace_back(base::DomainName::parse(name).value());
    }
    record.thumbprint = acme::Thumbprint(std::string(example_thumbprint));
    record.jitter_seed = orders.size();
    orders.push_back({std::move(record)});
    runs_.emplace_back();
    return orders.size() - 1;
  }

  /// Until all orders are over, or the program is killed.
  void run() {
    for (std::size_t i = 0; i < orders.size(); ++i) start(i);
    while (!is_dead && (server.deliver() || fire_next_timer())) {
    }
  }

  /// After is_dead: requests under way still reach the server, and memory is gone.
  void bury() {
    timers_.clear();
    client_.reset();
    server.run();
    server.answers.clear();
  }

  void restart() {
    bury();
    is_dead = false;
    make_client();
    run();
  }

  /// One order, alone.
  Order& run_one(const std::vector<std::string>& names = {"a.example"}) {
    const std::size_t index = add(names);
    run();
    return orders[index];
  }

  FakeClock clock;
  Server server{clock};
  std::vector<Order> orders;
  bool is_dead = false;
  int saves = 0;
  /// Called after each save with their number; may set is_dead.
  std::function<void(int)> on_saved = [](int) {};
  /// Answers go up only if this holds.
  bool publishes = true;

 private:
  void make_client() {
    client_ = std::make_unique<acme::Client>(
        server,
        clock,
        acme::PrivateKey::parse_pem(example_account_key).value(),
        acme::AuthorityOptions{.directory_url = Server::directory_url()},
        authority_,
        [this](const acme::AuthorityRecord& record) { authority_ = record; });
  }

  void start(std::size_t index) {
    if (orders[index].is_over()) return;
    runs_[index] = acme::OrderState{orders[index].stored};
    go_on(index, acme::Started{});
  }

  /// Acts until something has to be waited for.
  void go_on(std::size_t index, acme::Outcome outcome) {
    std::optional<acme::Outcome> next = std::move(outcome);
    while (next && !is_dead) {
      acme::Action action = acme::resume(runs_[index], *next, clock.wall());
      save(index);
      if (is_dead) return;
      next = std::visit([this, index](auto& a) { return perform(index, a); }, action);
    }
  }

  void save(std::size_t index) {
    const acme::OrderRecord& record = runs_[index].record;
    if (record == orders[index].stored) return;
    orders[index].stored = record;
    on_saved(++saves);
  }

  using Next = std::optional<acme::Outcome>;

  Next perform(std::size_t, const acme::GenerateKey& wanted) {
    return acme::KeyGenerated{acme::make_certificate_key(wanted.type, wanted.identifiers).value()};
  }
  Next perform(std::size_t index, acme::Post& post) {
    client_->post(std::move(post), [this, index](base::Result<acme::Response, acme::Error> reply) {
      if (is_dead) return;
      if (reply) return go_on(index, std::move(reply).value());
      go_on(index, std::move(reply).error());
    });
    return std::nullopt;
  }
  Next perform(std::size_t, const acme::Present& present) {
    for (const acme::Answer& answer : present.answers) {
      if (publishes) server.answers[answer.token.text()] = answer.key_authorization.value();
    }
    return acme::Presented{};
  }
  Next perform(std::size_t, const acme::CleanUp& clean_up) {
    for (const acme::Answer& answer : clean_up.answers) server.answers.erase(answer.token.text());
    return acme::CleanedUp{};
  }
  Next perform(std::size_t index, const acme::Wait& wait) {
    timers_.emplace(wait.until, [this, index] { go_on(index, acme::Elapsed{}); });
    return std::nullopt;
  }
  Next perform(std::size_t index, const acme::Suspend& suspend) {
    orders[index].suspensions.push_back(suspend.reason);
    timers_.emplace(suspend.until, [this, index] { start(index); });
    return std::nullopt;
  }
  Next perform(std::size_t index, const acme::Done& done) {
    orders[index].certificate = done.certificate;
    return std::nullopt;
  }
  Next perform(std::size_t index, const acme::Failed& failed) {
    orders[index].error = failed.error;
    return std::nullopt;
  }

  bool fire_next_timer() {
    if (timers_.empty()) return false;
    auto first = timers_.extract(timers_.begin());
    if (first.key() > clock.wall()) clock.advance(first.key() - clock.wall());
    first.mapped()();
    return true;
  }

  std::vector<acme::OrderState> runs_;
  std::multimap<base::WallTime, std::function<void()>> timers_;
  acme::AuthorityRecord authority_;
  std::unique_ptr<acme::Client> client_;
};

using OrderDriver = BasicOrderDriver<FakeAcmeServer>;

}  // namespace fakes
