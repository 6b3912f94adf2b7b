#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/store/sealer.h"
#include "agent/store/sqlite.h"
#include "agent/store/store.h"

namespace agent {

/// How much history is kept; a few hundred more may be there at a time.
struct SqliteStoreOptions {
  std::int64_t max_events = 1'000'000;
  std::int64_t max_changes = 200'000;
};

/// The store in one SQLite file: see Store for what its calls do.
class SqliteStore final : public Store {
 public:
  /// Brings the schema up to date and checks that `sealer` has the key the data was sealed with.
  /// Errors: newer_schema, wrong_key, corrupt and those of SQLite. REQUIRES: the sealer outlives
  /// the store.
  static StoreResult<std::unique_ptr<SqliteStore>> open(
      std::unique_ptr<sqlite::Connection> database,
      const Sealer& sealer,
      SqliteStoreOptions options = {});

  void act_as(std::string actor) override { actor_ = std::move(actor); }

  StoreResult<void> commit_together(const std::function<void()>& work) override;

  StoreResult<std::vector<AddOutcome>> add_hostnames(std::span<const HostnameSettings> hostnames,
                                                     base::WallTime now) override;
  StoreResult<Hostname> update_hostname(const HostnameSettings& hostname,
                                        base::WallTime now) override;
  StoreResult<std::vector<RemoveOutcome>> remove_hostnames(std::span<const base::DomainName> names,
                                                           base::WallTime now) override;
  StoreResult<std::optional<HostnameDetail>> hostname(const base::DomainName& name) override;
  StoreResult<HostnamePage> list_hostnames(const HostnameQuery& query, base::WallTime now) override;
  StoreResult<HostnameCounts> count_hostnames(base::WallTime now) override;
  StoreResult<AddOutcome> put_tenant(const Tenant& tenant, base::WallTime now) override;
  StoreResult<std::optional<Tenant>> tenant(std::string_view id) override;
  StoreResult<std::vector<Tenant>> tenants(std::string_view after, std::size_t limit) override;
  StoreResult<RemoveOutcome> remove_tenant(std::string_view id, base::WallTime now) override;
  StoreResult<AddOutcome> put_zone(const Zone& zone, base::WallTime now) override;
  StoreResult<std::optional<Zone>> zone(const base::DomainName& name) override;
  StoreResult<std::vector<Zone>> zones(const ZoneQuery& query) override;
  StoreResult<RemoveOutcome> remove_zone(const base::DomainName& name, base::WallTime now) override;
  StoreResult<std::optional<base::DomainName>> hostname_within(
      const base::DomainName& owner, const base::DomainName& name) override;
  StoreResult<std::uint64_t> count_below_wildcard(const base::DomainName& zone,
                                                  std::uint64_t most) override;
  StoreResult<std::uint64_t> count_waiting(const base::DomainName& zone,
                                           std::uint64_t most) override;

  StoreResult<void> add_token(const ApiToken& token, base::WallTime now) override;
  StoreResult<std::vector<ApiToken>> tokens() override;
  StoreResult<RemoveOutcome> remove_token(std::string_view name, base::WallTime now) override;

  StoreResult<void> for_each_lookup_row(const std::function<void(const LookupRow&)>& row) override;

  using Store::due_hostnames;
  StoreResult<std::vector<DueHostname>> due_hostnames(base::WallTime now,
                                                      std::span<const DueQuery> queries) override;
  using Store::next_due;
  StoreResult<std::optional<base::WallTime>> next_due(Urgency urgency) override;
  StoreResult<std::uint64_t> count_due(Urgency urgency,
                                       base::WallTime now,
                                       std::uint64_t most) override;
  StoreResult<std::size_t> mark_near_expiry(base::WallTime now) override;
  StoreResult<void> save_traffic(std::span<const HostnameTraffic> traffic) override;
  StoreResult<std::vector<HostnameTraffic>> traffic(std::size_t most) override;
  StoreResult<std::vector<HostnameUsage>> due_usage_looks(base::WallTime now,
                                                          std::size_t limit) override;
  StoreResult<void> save_usage_looks(std::span<const UsageLook> looks, base::WallTime now) override;
  StoreResult<void> postpone(std::span<const Postponement> postponements) override;
  StoreResult<std::size_t> rescue_attempts(base::WallTime now,
                                           std::chrono::milliseconds longest,
                                           std::chrono::milliseconds spread) override;
  StoreResult<std::vector<RenewalOutcome>> request_renewal(std::span<const base::DomainName> names,
                                                           base::WallTime now) override;

  using Store::create_orders;
  StoreResult<std::vector<OrderRecord>> create_orders(
      std::span<const NewOrder> orders,
      base::WallTime now,
      std::span<const BudgetEntry> budgets) override;
  StoreResult<std::vector<OrderRecord>> open_orders() override;
  StoreResult<void> save_order(const OrderRecord& order,
                               std::span<const LiveChallenge> challenges) override;
  StoreResult<CertificateId> finish_order(OrderId order,
                                          const CertificateBundle& certificate,
                                          base::WallTime now) override;
  using Store::fail_order;
  StoreResult<void> fail_order(OrderId order,
                               const OrderFailure& failure,
                               base::WallTime now,
                               std::span<const BudgetEntry> budgets) override;
  StoreResult<void> abandon_order(OrderId order,
                                  std::string_view reason,
                                  std::optional<base::WallTime> refused_until,
                                  base::WallTime now) override;
  StoreResult<std::vector<LiveChallenge>> live_challenges() override;

  StoreResult<std::vector<Certificate>> certificates(CertificateSelection selection,
                                                     CertificateId after,
                                                     std::size_t limit) override;
  StoreResult<CertificateBundle> certificate_bundle(CertificateId id) override;
  StoreResult<std::vector<base::DomainName>> mark_served(std::span<const CertificateId> ids,
                                                         base::WallTime now) override;
  StoreResult<std::vector<Certificate>> due_renewal_checks(std::string_view authority,
                                                           base::WallTime now,
                                                           std::size_t limit) override;
  StoreResult<std::optional<base::WallTime>> next_renewal_check(
      std::string_view authority) override;
  StoreResult<void> save_renewal_checks(std::span<const RenewalCheck> checks,
                                        base::WallTime now) override;
  StoreResult<void> forget_certificates(std::span<const CertificateId> ids,
                                        base::WallTime now) override;

  StoreResult<CertificateId> install_certificate(const CustomInstallation& installation,
                                                 base::WallTime now) override;
  StoreResult<CertificateRequestId> put_certificate_request(const base::DomainName& hostname,
                                                            const CertificateRequest& request,
                                                            base::WallTime now) override;
  StoreResult<std::optional<CertificateRequest>> certificate_request(
      const base::DomainName& hostname) override;
  StoreResult<CustomTending> tend_custom_certificates(base::WallTime now,
                                                      std::size_t limit) override;
  StoreResult<CustomCounts> count_custom_certificates(base::WallTime now) override;

  StoreResult<void> set_key_algorithms(std::span<const KeyAlgorithm> algorithms,
                                       base::WallTime now) override;
  StoreResult<std::optional<std::string>> reusable_key(OrderId order) override;
  StoreResult<void> mark_key_compromised(CertificateId certificate, base::WallTime now) override;

  StoreResult<std::vector<BudgetEntry>> budgets(base::WallTime now) override;
  StoreResult<BudgetState> budget(std::string_view authority, const BudgetKey& key) override;
  StoreResult<void> save_budgets(std::span<const BudgetEntry> budgets, base::WallTime now) override;

  StoreResult<std::optional<Account>> account(std::string_view authority,
                                              std::string_view directory_url) override;
  StoreResult<void> put_account(const Account& account, base::WallTime now) override;
  StoreResult<void> save_account_url(const Account& account, base::WallTime now) override;
  StoreResult<void> save_account_status(const Account& account, base::WallTime now) override;
  StoreResult<void> begin_key_change(const Account& account, base::WallTime now) override;
  StoreResult<void> finish_key_change(const Account& account, base::WallTime now) override;
  StoreResult<void> give_up_key_change(const Account& account,
                                       std::string_view reason,
                                       base::WallTime now) override;

  StoreResult<std::vector<RevocationOutcome>> request_revocations(
      std::span<const CertificateId> ids, const RevocationWish& wish, base::WallTime now) override;
  StoreResult<std::vector<RevocationTask>> due_revocations(std::string_view authority,
                                                           base::WallTime now,
                                                           std::size_t limit) override;
  StoreResult<std::optional<base::WallTime>> next_revocation(std::string_view authority) override;
  StoreResult<void> save_revocation(const RevocationAttempt& attempt, base::WallTime now) override;
  StoreResult<std::optional<Revocation>> revocation(CertificateId certificate) override;
  StoreResult<std::vector<Revocation>> revocations(std::optional<RevocationState> state,
                                                   CertificateId after,
                                                   std::size_t limit) override;

  StoreResult<void> record_event(const Event& event) override;
  StoreResult<std::vector<Event>> events(const EventQuery& query) override;
  StoreResult<std::vector<Change>> changes(std::int64_t after, std::size_t limit) override;
  StoreResult<std::int64_t> last_change() override;
  StoreResult<std::optional<std::string>> meta(std::string_view key) override;
  StoreResult<void> put_meta(std::string_view key, std::string_view value) override;

 private:
  SqliteStore(std::unique_ptr<sqlite::Connection> database,
              const Sealer& sealer,
              SqliteStoreOptions options)
      : database_(std::move(database)), sealer_(sealer), options_(options) {}

  // What follows works inside the caller's transaction; errors stick to the database.

  StoreResult<void> check_key();
  std::string unseal(std::string_view sealed, const std::string& purpose);

  std::optional<HostnameDetail> load_hostname(const base::DomainName& name);
  std::vector<HostnameDetail> load_hostnames_of(OrderId order);
  /// Inserts or replaces the row; of a second certificate updates it.
  void save_hostname(const Hostname& hostname, std::optional<OrderId> order);
  AddOutcome apply_settings(const HostnameSettings& settings, base::WallTime now);
  void change_mode(HostnameDetail& detail, const HostnameSettings& settings, base::WallTime now);
  void take_served_wildcard(Hostname& hostname);
  RenewalOutcome request_renewal_of(const base::DomainName& name, base::WallTime now);
  RemoveOutcome remove_hostname(const base::DomainName& name, base::WallTime now);
  std::vector<DueHostname> due_hostnames_of(Urgency urgency, base::WallTime now, std::size_t limit);
  std::vector<DueHostname> due_renewals_of(Urgency urgency, base::WallTime now, std::size_t limit);
  std::vector<DueHostname> read_due(sqlite::Query& rows, base::WallTime now);
  bool is_any_near_expiry(base::WallTime now);
  void save_usage_look(const UsageLook& look, base::WallTime now);
  void set_expiry(CertificateId id, const Certificate& certificate);
  std::vector<base::DomainName> names_renewed_with(const Certificate& certificate);

  // In sqlite_store_seconds.cc.
  std::optional<HostnameDetail> load_second(const base::DomainName& name);
  std::vector<HostnameDetail> load_seconds_of(OrderId order);
  std::optional<SecondCertificate> second_of(const base::DomainName& name);
  void save_second(const Hostname& second, std::optional<OrderId> order);
  /// Its urgency follows from the hostname, of which unused_since has come or gone.
  void rank_second(const base::DomainName& name);
  std::vector<DueHostname> due_seconds_of(Urgency urgency, base::WallTime now, std::size_t limit);
  void complete_due_second(DueHostname& due, base::WallTime now);
  std::vector<base::DomainName> seconds_renewed_with(CertificateId certificate);
  std::vector<base::DomainName> seconds_missing_beside(CertificateId first);
  void request_renewal_of_second(const base::DomainName& name, base::WallTime now);
  bool are_seconds_wanted();
  /// Those of hostnames whose first certificate this is, if they are wanted: it is served.
  void want_seconds_beside(CertificateId first, base::WallTime now);
  /// The row goes, and its certificate is retired if nobody else uses it.
  void drop_second(const base::DomainName& name, base::WallTime now);
  void drop_seconds(KeyAlgorithm kept, base::WallTime now);
  bool promote_second(const HostnameDetail& second, KeyAlgorithm kept, base::WallTime now);
  /// Those that order is for, once it has ended, if they are not wanted any more.
  void drop_seconds_unless_wanted(std::span<const HostnameDetail> seconds, base::WallTime now);
  void give_way_to_first(const base::DomainName& name, base::WallTime now);

  // In sqlite_store_custom.cc.
  std::optional<CustomState> custom_of(const Hostname& hostname);
  void forget_custom(const base::DomainName& name);
  void forget_request(const base::DomainName& name);
  void drop_bundle_of(const base::DomainName& name, const std::string& path, base::WallTime now);
  void warn_of_expiry(std::size_t limit, base::WallTime now, CustomTending& tending);
  void return_to_automatic(std::size_t limit, base::WallTime now, CustomTending& tending);
  bool is_any_custom_due(base::WallTime now);

  std::optional<OrderRecord> create_order(const NewOrder& order, base::WallTime now);
  std::vector<base::DomainName> left_alone_of(std::span<const base::DomainName> names);
  std::optional<base::WallTime> failing_since_of(const base::DomainName& name);
  void note_failing_since(const Hostname& hostname, base::WallTime now);
  void fail_hostname(Hostname& hostname, const NameFailure& failure, base::WallTime now);
  void put_budgets(std::span<const BudgetEntry> budgets, base::WallTime now);
  bool has_order(OrderId order);
  /// Its authority will not have its hostnames before. REQUIRES: it has them still.
  void refuse_hostnames_of(OrderId order, base::WallTime until);
  void forget_refusals(const base::DomainName& name, CertificateRole role);
  std::vector<Refusal> refusals_of(const Hostname& hostname, base::WallTime now);
  void save_challenges(OrderId order, std::span<const LiveChallenge> challenges);
  void delete_order(OrderId order);
  /// The order goes and its hostnames, whichever are left, are due again.
  void abandon_order(OrderId order, base::WallTime now);

  /// Drops the certificate that has the path. Returns those who used it without being named in it,
  /// for its successor; nullopt if it stays in use.
  std::optional<std::vector<base::DomainName>> free_bundle_path(const std::string& path,
                                                                OrderId for_order,
                                                                base::WallTime now);
  CertificateId insert_certificate(const CertificateBundle& bundle);
  std::optional<Certificate> load_certificate(CertificateId id);
  void delete_certificate(CertificateId id);
  void set_certificate_state(CertificateId id, CertificateState state);
  /// A certificate that waits for its successors to be served is in use.
  void retire_if_unused(CertificateId id, base::WallTime now);
  /// Retires a certificate of which another one takes the place. A wildcard that is served goes on
  /// being served until the certificates of the names themselves are. One that has a name of its
  /// successor goes at once: HAProxy serves the first that it has for a name.
  void succeed(const Certificate& certificate, const Certificate& successor, base::WallTime now);
  /// It is served, or will never be: what has waited for it waits no longer.
  void end_successions(CertificateId successor, base::WallTime now);
  void mark_served(CertificateId id, base::WallTime now, std::vector<base::DomainName>& changed);
  /// Gives a wildcard's certificate to the hostnames that it covers.
  void serve_covered(const Certificate& certificate, base::WallTime now);
  /// What a wildcard covers is to get certificates of its own; `only_unserved`: where none is
  /// served.
  enum class Uncover { all, only_unserved };
  void uncover(const base::DomainName& wildcard,
               Uncover which,
               std::string_view reason,
               base::WallTime now);
  std::optional<Tenant> load_tenant(std::string_view id);
  std::optional<Zone> load_zone(const base::DomainName& name);
  void move_hostnames_into(const Zone& zone);
  void save_renewal_check(const RenewalCheck& check, base::WallTime now);
  void move_renewal(const Certificate& before,
                    const RenewalCheck::Advised& advised,
                    base::WallTime now);

  std::optional<Account> load_account(std::string_view authority, std::string_view directory_url);
  /// nullopt if it has another key by now.
  std::optional<Account> load_same(const Account& account);
  void store_account(const Account& account);
  void append_account_event(const Account& account, base::WallTime now);

  RevocationOutcome request_revocation(CertificateId id,
                                       const RevocationWish& wish,
                                       base::WallTime now);
  void insert_revocation(const Certificate& certificate,
                         acme::RevocationReason reason,
                         bool awaits_replacement,
                         base::WallTime now);
  /// Whether a hostname gets a new one.
  bool replace_revoked(const Certificate& certificate,
                       RevocationWish::Replacement replacement,
                       base::WallTime now);
  std::vector<base::DomainName> names_that_use(CertificateId certificate);
  bool bring_renewal_forward(const base::DomainName& name, base::WallTime now);
  std::optional<Revocation> load_revocation(CertificateId certificate);
  void note_replaced(CertificateId certificate, base::WallTime now);
  void end_revocation(const Revocation& before,
                      const RevocationAttempt& attempt,
                      base::WallTime now);

  void append_event(EventKind kind,
                    std::string_view subject,
                    std::string_view detail,
                    base::WallTime at);
  void append_event(EventKind kind, const Certificate& certificate, base::WallTime at);
  void append_change(ChangeKind kind, std::string_view key);

  std::unique_ptr<sqlite::Connection> database_;
  const Sealer& sealer_;
  SqliteStoreOptions options_;
  std::string actor_;
};

}  // namespace agent
