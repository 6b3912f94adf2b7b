#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "agent/store/store.h"

namespace fakes {

/// A Store in front of a real one, for what happens when calls fail: `fate` is asked before each
/// call, and one that is refused has changed nothing, as the contract of Store has it. `done` is
/// told after each call that was carried out. Both run on the thread that uses the store.
class FaultyStore final : public agent::Store {
 public:
  enum class Fate { serve, refuse };

  explicit FaultyStore(std::unique_ptr<agent::Store> store) : store_(std::move(store)) {}

  std::function<Fate(std::string_view call)> fate = [](std::string_view) { return Fate::serve; };
  std::function<void(std::string_view call, agent::Store& store)> done = [](std::string_view,
                                                                            agent::Store&) {};

  void act_as(std::string actor) override { store_->act_as(std::move(actor)); }
  agent::StoreResult<void> commit_together(const std::function<void()>& work) override {
    return pass("commit_together", [&] { return store_->commit_together(work); });
  }
  agent::StoreResult<std::vector<agent::AddOutcome>> add_hostnames(
      std::span<const agent::HostnameSettings> hostnames, base::WallTime now) override {
    return pass("add_hostnames", [&] { return store_->add_hostnames(hostnames, now); });
  }
  agent::StoreResult<agent::Hostname> update_hostname(const agent::HostnameSettings& hostname,
                                                      base::WallTime now) override {
    return pass("update_hostname", [&] { return store_->update_hostname(hostname, now); });
  }
  agent::StoreResult<std::vector<agent::RemoveOutcome>> remove_hostnames(
      std::span<const base::DomainName> names, base::WallTime now) override {
    return pass("remove_hostnames", [&] { return store_->remove_hostnames(names, now); });
  }
  agent::StoreResult<std::optional<agent::HostnameDetail>> hostname(
      const base::DomainName& name) override {
    return pass("hostname", [&] { return store_->hostname(name); });
  }
  agent::StoreResult<agent::HostnamePage> list_hostnames(const agent::HostnameQuery& query,
                                                         base::WallTime now) override {
    return pass("list_hostnames", [&] { return store_->list_hostnames(query, now); });
  }
  agent::StoreResult<agent::HostnameCounts> count_hostnames(base::WallTime now) override {
    return pass("count_hostnames", [&] { return store_->count_hostnames(now); });
  }
  agent::StoreResult<void> for_each_lookup_row(
      const std::function<void(const agent::LookupRow&)>& row) override {
    return pass("for_each_lookup_row", [&] { return store_->for_each_lookup_row(row); });
  }
  agent::StoreResult<std::vector<agent::DueHostname>> due_hostnames(
      base::WallTime now, std::span<const agent::DueQuery> queries) override {
    return pass("due_hostnames", [&] { return store_->due_hostnames(now, queries); });
  }
  agent::StoreResult<std::optional<base::WallTime>> next_due(agent::Urgency urgency) override {
    return pass("next_due", [&] { return store_->next_due(urgency); });
  }
  agent::StoreResult<std::uint64_t> count_due(agent::Urgency urgency,
                                              base::WallTime now,
                                              std::uint64_t most) override {
    return pass("count_due", [&] { return store_->count_due(urgency, now, most); });
  }
  agent::StoreResult<std::vector<agent::BudgetEntry>> budgets(base::WallTime now) override {
    return pass("budgets", [&] { return store_->budgets(now); });
  }
  agent::StoreResult<agent::BudgetState> budget(std::string_view authority,
                                                const agent::BudgetKey& key) override {
    return pass("budget", [&] { return store_->budget(authority, key); });
  }
  agent::StoreResult<void> save_budgets(std::span<const agent::BudgetEntry> budgets,
                                        base::WallTime now) override {
    return pass("save_budgets", [&] { return store_->save_budgets(budgets, now); });
  }
  agent::StoreResult<agent::AddOutcome> put_tenant(const agent::Tenant& tenant,
                                                   base::WallTime now) override {
    return pass("put_tenant", [&] { return store_->put_tenant(tenant, now); });
  }
  agent::StoreResult<std::optional<agent::Tenant>> tenant(std::string_view id) override {
    return pass("tenant", [&] { return store_->tenant(id); });
  }
  agent::StoreResult<std::vector<agent::Tenant>> tenants(std::string_view after,
                                                         std::size_t limit) override {
    return pass("tenants", [&] { return store_->tenants(after, limit); });
  }
  agent::StoreResult<agent::RemoveOutcome> remove_tenant(std::string_view id,
                                                         base::WallTime now) override {
    return pass("remove_tenant", [&] { return store_->remove_tenant(id, now); });
  }
  agent::StoreResult<agent::AddOutcome> put_zone(const agent::Zone& zone,
                                                 base::WallTime now) override {
    return pass("put_zone", [&] { return store_->put_zone(zone, now); });
  }
  agent::StoreResult<std::optional<agent::Zone>> zone(const base::DomainName& name) override {
    return pass("zone", [&] { return store_->zone(name); });
  }
  agent::StoreResult<std::vector<agent::Zone>> zones(const agent::ZoneQuery& query) override {
    return pass("zones", [&] { return store_->zones(query); });
  }
  agent::StoreResult<agent::RemoveOutcome> remove_zone(const base::DomainName& name,
                                                       base::WallTime now) override {
    return pass("remove_zone", [&] { return store_->remove_zone(name, now); });
  }
  agent::StoreResult<std::optional<base::DomainName>> hostname_within(
      const base::DomainName& owner, const base::DomainName& name) override {
    return pass("hostname_within", [&] { return store_->hostname_within(owner, name); });
  }
  agent::StoreResult<std::uint64_t> count_below_wildcard(const base::DomainName& zone,
                                                         std::uint64_t most) override {
    return pass("count_below_wildcard", [&] { return store_->count_below_wildcard(zone, most); });
  }
  agent::StoreResult<std::uint64_t> count_waiting(const base::DomainName& zone,
                                                  std::uint64_t most) override {
    return pass("count_waiting", [&] { return store_->count_waiting(zone, most); });
  }
  agent::StoreResult<void> add_token(const agent::ApiToken& token, base::WallTime now) override {
    return pass("add_token", [&] { return store_->add_token(token, now); });
  }
  agent::StoreResult<std::vector<agent::ApiToken>> tokens() override {
    return pass("tokens", [&] { return store_->tokens(); });
  }
  agent::StoreResult<agent::RemoveOutcome> remove_token(std::string_view name,
                                                        base::WallTime now) override {
    return pass("remove_token", [&] { return store_->remove_token(name, now); });
  }
  agent::StoreResult<std::vector<agent::HostnameUsage>> due_usage_looks(
      base::WallTime now, std::size_t limit) override {
    return pass("due_usage_looks", [&] { return store_->due_usage_looks(now, limit); });
  }
  agent::StoreResult<void> save_usage_looks(std::span<const agent::UsageLook> looks,
                                            base::WallTime now) override {
    return pass("save_usage_looks", [&] { return store_->save_usage_looks(looks, now); });
  }
  agent::StoreResult<void> postpone(std::span<const agent::Postponement> postponements) override {
    return pass("postpone", [&] { return store_->postpone(postponements); });
  }
  agent::StoreResult<std::size_t> rescue_attempts(base::WallTime now,
                                                  std::chrono::milliseconds longest,
                                                  std::chrono::milliseconds spread) override {
    return pass("rescue_attempts", [&] { return store_->rescue_attempts(now, longest, spread); });
  }
  agent::StoreResult<std::vector<agent::RenewalOutcome>> request_renewal(
      std::span<const base::DomainName> names, base::WallTime now) override {
    return pass("request_renewal", [&] { return store_->request_renewal(names, now); });
  }
  agent::StoreResult<std::vector<agent::OrderRecord>> create_orders(
      std::span<const agent::NewOrder> orders,
      base::WallTime now,
      std::span<const agent::BudgetEntry> budgets) override {
    return pass("create_orders", [&] { return store_->create_orders(orders, now, budgets); });
  }
  agent::StoreResult<std::vector<agent::OrderRecord>> open_orders() override {
    return pass("open_orders", [&] { return store_->open_orders(); });
  }
  agent::StoreResult<void> save_order(const agent::OrderRecord& order,
                                      std::span<const agent::LiveChallenge> challenges) override {
    return pass("save_order", [&] { return store_->save_order(order, challenges); });
  }
  agent::StoreResult<agent::CertificateId> finish_order(agent::OrderId order,
                                                        const agent::CertificateBundle& certificate,
                                                        base::WallTime now) override {
    return pass("finish_order", [&] { return store_->finish_order(order, certificate, now); });
  }
  agent::StoreResult<void> fail_order(agent::OrderId order,
                                      const agent::OrderFailure& failure,
                                      base::WallTime now,
                                      std::span<const agent::BudgetEntry> budgets) override {
    return pass("fail_order", [&] { return store_->fail_order(order, failure, now, budgets); });
  }
  agent::StoreResult<void> abandon_order(agent::OrderId order,
                                         std::string_view reason,
                                         std::optional<base::WallTime> refused_until,
                                         base::WallTime now) override {
    return pass("abandon_order",
                [&] { return store_->abandon_order(order, reason, refused_until, now); });
  }
  agent::StoreResult<std::vector<agent::LiveChallenge>> live_challenges() override {
    return pass("live_challenges", [&] { return store_->live_challenges(); });
  }
  agent::StoreResult<std::vector<agent::Certificate>> certificates(
      agent::CertificateSelection selection,
      agent::CertificateId after,
      std::size_t limit) override {
    return pass("certificates", [&] { return store_->certificates(selection, after, limit); });
  }
  agent::StoreResult<agent::CertificateBundle> certificate_bundle(
      agent::CertificateId id) override {
    return pass("certificate_bundle", [&] { return store_->certificate_bundle(id); });
  }
  agent::StoreResult<std::vector<base::DomainName>> mark_served(
      std::span<const agent::CertificateId> ids, base::WallTime now) override {
    return pass("mark_served", [&] { return store_->mark_served(ids, now); });
  }
  agent::StoreResult<std::vector<agent::Certificate>> due_renewal_checks(
      std::string_view authority, base::WallTime now, std::size_t limit) override {
    return pass("due_renewal_checks",
                [&] { return store_->due_renewal_checks(authority, now, limit); });
  }
  agent::StoreResult<std::optional<base::WallTime>> next_renewal_check(
      std::string_view authority) override {
    return pass("next_renewal_check", [&] { return store_->next_renewal_check(authority); });
  }
  agent::StoreResult<void> save_renewal_checks(std::span<const agent::RenewalCheck> checks,
                                               base::WallTime now) override {
    return pass("save_renewal_checks", [&] { return store_->save_renewal_checks(checks, now); });
  }
  agent::StoreResult<void> forget_certificates(std::span<const agent::CertificateId> ids,
                                               base::WallTime now) override {
    return pass("forget_certificates", [&] { return store_->forget_certificates(ids, now); });
  }
  agent::StoreResult<void> set_key_algorithms(std::span<const agent::KeyAlgorithm> algorithms,
                                              base::WallTime now) override {
    return pass("set_key_algorithms", [&] { return store_->set_key_algorithms(algorithms, now); });
  }
  agent::StoreResult<agent::CertificateId> install_certificate(
      const agent::CustomInstallation& installation, base::WallTime now) override {
    return pass("install_certificate",
                [&] { return store_->install_certificate(installation, now); });
  }
  agent::StoreResult<agent::CertificateRequestId> put_certificate_request(
      const base::DomainName& hostname,
      const agent::CertificateRequest& request,
      base::WallTime now) override {
    return pass("put_certificate_request",
                [&] { return store_->put_certificate_request(hostname, request, now); });
  }
  agent::StoreResult<std::optional<agent::CertificateRequest>> certificate_request(
      const base::DomainName& hostname) override {
    return pass("certificate_request", [&] { return store_->certificate_request(hostname); });
  }
  agent::StoreResult<agent::CustomTending> tend_custom_certificates(base::WallTime now,
                                                                    std::size_t limit) override {
    return pass("tend_custom_certificates",
                [&] { return store_->tend_custom_certificates(now, limit); });
  }
  agent::StoreResult<agent::CustomCounts> count_custom_certificates(base::WallTime now) override {
    return pass("count_custom_certificates",
                [&] { return store_->count_custom_certificates(now); });
  }
  agent::StoreResult<std::optional<std::string>> reusable_key(agent::OrderId order) override {
    return pass("reusable_key", [&] { return store_->reusable_key(order); });
  }
  agent::StoreResult<void> mark_key_compromised(agent::CertificateId certificate,
                                                base::WallTime now) override {
    return pass("mark_key_compromised",
                [&] { return store_->mark_key_compromised(certificate, now); });
  }
  agent::StoreResult<std::size_t> mark_near_expiry(base::WallTime now) override {
    return pass("mark_near_expiry", [&] { return store_->mark_near_expiry(now); });
  }
  agent::StoreResult<void> save_traffic(std::span<const agent::HostnameTraffic> traffic) override {
    return pass("save_traffic", [&] { return store_->save_traffic(traffic); });
  }
  agent::StoreResult<std::vector<agent::HostnameTraffic>> traffic(std::size_t most) override {
    return pass("traffic", [&] { return store_->traffic(most); });
  }
  agent::StoreResult<std::optional<agent::Account>> account(
      std::string_view authority, std::string_view directory_url) override {
    return pass("account", [&] { return store_->account(authority, directory_url); });
  }
  agent::StoreResult<void> put_account(const agent::Account& account, base::WallTime now) override {
    return pass("put_account", [&] { return store_->put_account(account, now); });
  }
  agent::StoreResult<void> save_account_url(const agent::Account& account,
                                            base::WallTime now) override {
    return pass("save_account_url", [&] { return store_->save_account_url(account, now); });
  }
  agent::StoreResult<void> save_account_status(const agent::Account& account,
                                               base::WallTime now) override {
    return pass("save_account_status", [&] { return store_->save_account_status(account, now); });
  }
  agent::StoreResult<void> begin_key_change(const agent::Account& account,
                                            base::WallTime now) override {
    return pass("begin_key_change", [&] { return store_->begin_key_change(account, now); });
  }
  agent::StoreResult<void> finish_key_change(const agent::Account& account,
                                             base::WallTime now) override {
    return pass("finish_key_change", [&] { return store_->finish_key_change(account, now); });
  }
  agent::StoreResult<void> give_up_key_change(const agent::Account& account,
                                              std::string_view reason,
                                              base::WallTime now) override {
    return pass("give_up_key_change",
                [&] { return store_->give_up_key_change(account, reason, now); });
  }
  agent::StoreResult<std::vector<agent::RevocationOutcome>> request_revocations(
      std::span<const agent::CertificateId> ids,
      const agent::RevocationWish& wish,
      base::WallTime now) override {
    return pass("request_revocations", [&] { return store_->request_revocations(ids, wish, now); });
  }
  agent::StoreResult<std::vector<agent::RevocationTask>> due_revocations(
      std::string_view authority, base::WallTime now, std::size_t limit) override {
    return pass("due_revocations", [&] { return store_->due_revocations(authority, now, limit); });
  }
  agent::StoreResult<std::optional<base::WallTime>> next_revocation(
      std::string_view authority) override {
    return pass("next_revocation", [&] { return store_->next_revocation(authority); });
  }
  agent::StoreResult<void> save_revocation(const agent::RevocationAttempt& attempt,
                                           base::WallTime now) override {
    return pass("save_revocation", [&] { return store_->save_revocation(attempt, now); });
  }
  agent::StoreResult<std::optional<agent::Revocation>> revocation(
      agent::CertificateId certificate) override {
    return pass("revocation", [&] { return store_->revocation(certificate); });
  }
  agent::StoreResult<std::vector<agent::Revocation>> revocations(
      std::optional<agent::RevocationState> state,
      agent::CertificateId after,
      std::size_t limit) override {
    return pass("revocations", [&] { return store_->revocations(state, after, limit); });
  }
  agent::StoreResult<void> record_event(const agent::Event& event) override {
    return pass("record_event", [&] { return store_->record_event(event); });
  }
  agent::StoreResult<std::vector<agent::Event>> events(const agent::EventQuery& query) override {
    return pass("events", [&] { return store_->events(query); });
  }
  agent::StoreResult<std::vector<agent::Change>> changes(std::int64_t after,
                                                         std::size_t limit) override {
    return pass("changes", [&] { return store_->changes(after, limit); });
  }
  agent::StoreResult<std::int64_t> last_change() override {
    return pass("last_change", [&] { return store_->last_change(); });
  }
  agent::StoreResult<std::optional<std::string>> meta(std::string_view key) override {
    return pass("meta", [&] { return store_->meta(key); });
  }
  agent::StoreResult<void> put_meta(std::string_view key, std::string_view value) override {
    return pass("put_meta", [&] { return store_->put_meta(key, value); });
  }

 private:
  template <class Call>
  std::invoke_result_t<Call> pass(std::string_view name, Call call) {
    if (fate(name) == Fate::refuse) {
      return base::Unexpected(agent::StoreError{agent::StoreErrc::io, "refused by the test"});
    }
    auto result = call();
    done(name, *store_);
    return result;
  }

  const std::unique_ptr<agent::Store> store_;
};

}  // namespace fakes
