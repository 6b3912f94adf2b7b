#include "tests/fake_ca/limits.h"

#include <algorithm>
#include <cmath>

#include "tests/fake_ca/time_text.h"

namespace fake_ca {
namespace {

std::string key_of(AccountId account) {
  return std::to_string(account.value());
}
std::string key_of(AccountId account, const Identifier& identifier) {
  return key_of(account) + "/" + identifier.value;
}

const Limit& with_override(const Limit& general,
                           const std::map<std::string, Limit>& overrides,
                           const std::string& key) {
  const auto found = overrides.find(key);
  return found == overrides.end() ? general : found->second;
}

const Limit& new_orders_limit(const LimitOptions& limits, AccountId account) {
  return with_override(limits.new_orders, limits.new_orders_overrides, key_of(account));
}
const Limit& domain_limit(const LimitOptions& limits, const std::string& domain) {
  return with_override(
      limits.certificates_per_domain, limits.certificates_per_domain_overrides, domain);
}

std::set<std::string> registered_domains(const Order& order, const Options& options) {
  std::set<std::string> domains;
  for (const Identifier& identifier : order.identifiers) {
    domains.insert(registered_domain(identifier, options.public_suffixes));
  }
  return domains;
}

std::string sentence(const std::string& what,
                     const Limit& limit,
                     base::WallTime now,
                     Gcra::Duration wait) {
  const auto period = std::chrono::duration_cast<std::chrono::seconds>(limit.period);
  const auto until = now + std::chrono::ceil<std::chrono::milliseconds>(wait);
  return what + " in the last " + go_duration(period) + ", retry after " +
         detail_time(std::chrono::ceil<std::chrono::seconds>(until)) +
         ": see https://fake-ca.example/docs/rate-limits/";
}

std::string count(const Limit& limit) {
  return "(" + std::to_string(limit.burst) + ")";
}

/// With 0 to 3 % jitter, as Boulder has it.
Problem rate_limited(std::string detail, Gcra::Duration wait, base::Random& random) {
  const double seconds = std::chrono::duration<double>(wait).count();
  const double jittered = std::ceil(seconds * (1 + 0.03 * random.unit()));
  return {.type = "rateLimited",
          .status = 429,
          .detail = std::move(detail),
          .retry_after = std::chrono::seconds(std::max(1L, static_cast<long>(jittered)))};
}

}  // namespace

std::string set_key(const std::vector<Identifier>& identifiers) {
  std::string key;
  for (const Identifier& identifier : identifiers) key += identifier.value + ",";
  return key;
}

std::vector<Limits::Hit> Limits::hits(const Options& options,
                                      const Order& order,
                                      base::WallTime now) const {
  std::vector<Hit> found;
  const auto ask = [&](const Gcra& buckets,
                       const std::string& key,
                       const Limit& limit,
                       const std::string& what) {
    if (const auto wait = buckets.wait(key, limit, now)) {
      found.push_back({*wait, sentence(what, limit, now, *wait)});
    }
  };
  const LimitOptions& limits = options.limits;
  if (!order.is_renewal) {
    const Limit& limit = new_orders_limit(limits, order.account);
    ask(new_orders_,
        key_of(order.account),
        limit,
        "too many new orders " + count(limit) + " from this account");
    for (const std::string& domain : registered_domains(order, options)) {
      const Limit& of_domain = domain_limit(limits, domain);
      ask(certificates_per_domain_,
          domain,
          of_domain,
          "too many certificates " + count(of_domain) + " already issued for \"" + domain + "\"");
    }
  }
  ask(certificates_per_set_,
      set_key(order.identifiers),
      limits.certificates_per_set,
      "too many certificates " + count(limits.certificates_per_set) +
          " already issued for this exact set of identifiers");
  for (const Identifier& identifier : order.identifiers) {
    ask(failed_authorizations_,
        key_of(order.account, identifier),
        limits.failed_authorizations,
        "too many failed authorizations " + count(limits.failed_authorizations) + " for \"" +
            identifier.value + "\"");
  }
  return found;
}

std::optional<Problem> Limits::refuse_paused(const Order& order) const {
  std::string names;
  for (const Identifier& identifier : order.identifiers) {
    if (!paused_.contains({order.account, identifier.value})) continue;
    names += (names.empty() ? "" : ", ") + identifier.value;
  }
  if (names.empty()) return std::nullopt;
  return Problem{
      .type = "rateLimited",
      .status = 429,
      .detail = "Your account is temporarily prevented from requesting certificates for " + names +
                " and possibly others. Please visit: "
                "https://fake-ca.example/sfe/v1/unpause?jwt=fake"};
}

std::optional<Problem> Limits::refuse_order(const Options& options,
                                            const Order& order,
                                            base::WallTime now,
                                            base::Random& random) {
  if (order.is_exempt) return std::nullopt;
  if (auto paused = refuse_paused(order)) return paused;
  const std::vector<Hit> found = hits(options, order, now);
  if (!found.empty()) {
    const auto furthest = std::max_element(
        found.begin(), found.end(), [](const Hit& a, const Hit& b) { return a.wait < b.wait; });
    return rate_limited(furthest->detail, furthest->wait, random);
  }
  if (!order.is_renewal) {
    new_orders_.spend(key_of(order.account), new_orders_limit(options.limits, order.account), now);
  }
  return std::nullopt;
}

std::optional<Problem> Limits::refuse_account(const Options& options,
                                              const std::string& address,
                                              base::WallTime now,
                                              base::Random& random) {
  const Limit& limit = options.limits.new_accounts;
  if (const auto wait = new_accounts_.wait(address, limit, now)) {
    const std::string what = "too many new registrations " + count(limit) + " from this IP address";
    return rate_limited(sentence(what, limit, now, *wait), *wait, random);
  }
  new_accounts_.spend(address, limit, now);
  return std::nullopt;
}

std::optional<std::chrono::seconds> Limits::refuse_request(const Limit& limit,
                                                           const std::string& bucket,
                                                           const std::string& address,
                                                           base::WallTime now) {
  if (limit.burst <= 0) return std::nullopt;
  const std::string key = bucket + " " + address;
  if (const auto wait = requests_.wait(key, limit, now)) {
    return std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(*wait));
  }
  requests_.spend(key, limit, now);
  return std::nullopt;
}

void Limits::note_certificate(const Options& options, const Order& order, base::WallTime now) {
  if (order.is_exempt) return;
  certificates_per_set_.spend(set_key(order.identifiers), options.limits.certificates_per_set, now);
  if (order.is_renewal) return;
  for (const std::string& domain : registered_domains(order, options)) {
    certificates_per_domain_.spend(domain, domain_limit(options.limits, domain), now);
  }
}

void Limits::note_failure(const Options& options,
                          AccountId account,
                          const Identifier& identifier,
                          base::WallTime now) {
  const std::string key = key_of(account, identifier);
  failed_authorizations_.spend(key, options.limits.failed_authorizations, now);
  const Limit& consecutive = options.limits.consecutive_failures;
  consecutive_failures_.spend(key, consecutive, now);
  if (consecutive_failures_.wait(key, consecutive, now)) {
    paused_.insert({account, identifier.value});
  }
}

void Limits::note_success(AccountId account, const Identifier& identifier) {
  consecutive_failures_.reset(key_of(account, identifier));
}

void Limits::unpause(AccountId account) {
  std::erase_if(paused_, [account](const auto& entry) { return entry.first == account; });
}

void Limits::forget() {
  *this = Limits();
}

long Limits::new_orders_spent(const Options& options, AccountId account, base::WallTime now) const {
  return new_orders_.spent(key_of(account), new_orders_limit(options.limits, account), now);
}

}  // namespace fake_ca
