#include "agent/dns/propagation.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "agent/dns/lookups.h"
#include "agent/dns/server_text.h"

namespace agent {
namespace {

using Clock = std::chrono::steady_clock;

base::asio::awaitable<void> pause(Clock::duration time) {
  base::asio::steady_timer timer(co_await base::asio::this_coro::executor, time);
  boost::system::error_code ignored;
  co_await timer.async_wait(base::into(ignored));
}

/// What one address, or the resolvers, say of the record.
enum class Sight { seen, not_seen, no_answer };

struct Look {
  Sight sight = Sight::no_answer;
  std::string error{};  ///< of no_answer
};

base::asio::awaitable<Look> look_at(DnsResolver& resolver,
                                    DnsServer server,
                                    const dns::Name& fqdn,
                                    const std::string& value) {
  DnsQuestion question{fqdn, dns::RecordType::txt};
  const auto answer = co_await resolver.query_at(std::move(server), std::move(question));
  if (!answer) co_return Look{Sight::no_answer, answer.error().message};
  for (const dns::Record& record : answer->message.answers) {
    const auto* text = std::get_if<dns::Text>(&record.data);
    if (record.owner == fqdn && text != nullptr && text->value == value)
      co_return Look{Sight::seen};
  }
  co_return Look{Sight::not_seen};
}

base::asio::awaitable<Look> look_by_resolvers(DnsResolver& resolver,
                                              const dns::Name& fqdn,
                                              const std::string& value) {
  const auto texts = co_await look_up_texts(resolver, fqdn);
  if (!texts) co_return Look{Sight::no_answer, texts.error().message};
  const bool is_there = std::find(texts->begin(), texts->end(), value) != texts->end();
  co_return Look{is_there ? Sight::seen : Sight::not_seen};
}

}  // namespace

/// One name server with its addresses; none: the resolvers.
struct Propagation::Target {
  std::string name;
  std::vector<DnsServer> addresses{};
};

/// What all that look for one record share. Outlives the caller, should that end first.
struct Propagation::Watch {
  Watch(const base::asio::any_io_executor& executor, TxtRecord wanted, Progress report)
      : record(std::move(wanted)),
        progress(std::move(report)),
        signal(executor, Clock::time_point::max()) {}

  const TxtRecord record;
  Progress progress;
  base::asio::steady_timer signal;  ///< cancelled when one has ended
  Clock::time_point deadline{};
  Clock::duration interval{};
  std::map<std::string, std::string> lagging{};  ///< by target: what it says
  std::size_t under_way = 0;

  void note(const std::string& target, std::string says) {
    std::string& before = lagging[target];
    if (before == says) return;
    before = std::move(says);
    if (progress) progress(describe());
  }
  std::string describe() const {
    std::string text = record.fqdn.text() + " is not yet seen at";
    std::string_view separator = " ";
    for (const auto& [target, says] : lagging) {
      text.append(separator).append(target).append(" (").append(says).append(")");
      separator = ", ";
    }
    return text;
  }
};

namespace {

/// The look at all addresses of a target. One that cannot be reached from here (IPv6) is left to
/// the others; one that answers without the value is what the authority could meet.
base::asio::awaitable<Look> look_at_all(DnsResolver& resolver,
                                        const std::vector<DnsServer>& addresses,
                                        const TxtRecord& record) {
  if (addresses.empty()) {
    co_return co_await look_by_resolvers(resolver, record.fqdn, record.value);
  }
  Look whole;
  for (const DnsServer& address : addresses) {
    const Look one = co_await look_at(resolver, address, record.fqdn, record.value);
    if (one.sight == Sight::not_seen) co_return one;
    if (one.sight == Sight::seen || whole.sight == Sight::no_answer) whole = one;
  }
  co_return whole;
}

}  // namespace

base::asio::awaitable<void> Propagation::watch(DnsResolver& resolver,
                                               std::shared_ptr<Watch> watch,
                                               Target target) {
  while (true) {
    const Look look = co_await look_at_all(resolver, target.addresses, watch->record);
    if (look.sight == Sight::seen) {
      watch->lagging.erase(target.name);
      break;
    }
    watch->note(target.name, look.sight == Sight::not_seen ? "not there" : look.error);
    if (Clock::now() + watch->interval >= watch->deadline) break;
    co_await pause(watch->interval);
  }
  --watch->under_way;
  watch->signal.cancel();
}

base::asio::awaitable<Propagation::Outcome> Propagation::wait_until_seen(TxtRecord record,
                                                                         Progress progress) {
  if (options_.check != PropagationOptions::Check::none) {
    const auto executor = co_await base::asio::this_coro::executor;
    const auto shared = std::make_shared<Watch>(executor, std::move(record), std::move(progress));
    shared->deadline = Clock::now() + options_.timeout;
    shared->interval = options_.interval;
    auto targets = co_await find_targets(shared->record.fqdn, shared->deadline);
    if (!targets) co_return base::Unexpected(std::move(targets).error());
    shared->under_way = targets->size();
    for (Target& target : *targets) {
      base::asio::co_spawn(executor,
                           watch(resolver_, shared, std::move(target)),
                           base::log_failure(log_, "propagation check"));
    }
    boost::system::error_code ignored;
    while (shared->under_way > 0) co_await shared->signal.async_wait(base::into(ignored));
    shared->progress = nullptr;
    if (!shared->lagging.empty()) {
      co_return base::Unexpected(DnsError{DnsErrc::transient, shared->describe()});
    }
  }
  if (options_.wait.count() > 0) co_await pause(options_.wait);
  co_return Outcome();
}

base::asio::awaitable<base::Result<std::vector<Propagation::Target>, DnsError>>
Propagation::find_targets(const dns::Name& fqdn, Clock::time_point deadline) {
  if (options_.check == PropagationOptions::Check::resolvers) {
    std::vector<Target> targets;
    targets.push_back({.name = "the resolvers"});
    co_return targets;
  }
  if (!options_.servers.empty()) {
    std::vector<Target> targets;
    for (const DnsServer& server : options_.servers)
      targets.push_back({describe(server), {server}});
    co_return targets;
  }
  while (true) {
    auto targets = co_await authoritative_targets(fqdn);
    const bool may_change = !targets && targets.error().code == DnsErrc::transient;
    if (!may_change || Clock::now() + options_.interval >= deadline) co_return targets;
    co_await pause(options_.interval);
  }
}

base::asio::awaitable<base::Result<std::vector<Propagation::Target>, DnsError>>
Propagation::authoritative_targets(dns::Name fqdn) {
  const auto zone = co_await zone_of(resolver_, fqdn);
  if (!zone) co_return base::Unexpected(zone.error());
  const auto servers = co_await name_servers(resolver_, zone->apex);
  if (!servers) co_return base::Unexpected(servers.error());
  std::vector<Target> targets;
  for (const NameServer& server : *servers) {
    if (server.addresses.empty()) continue;  // the authority cannot ask it either
    Target target{.name = server.name.text()};
    for (const std::string& address : server.addresses) {
      target.addresses.push_back({address, options_.authoritative_port});
    }
    targets.push_back(std::move(target));
  }
  co_return targets;
}

}  // namespace agent
