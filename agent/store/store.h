#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/account.h"
#include "agent/model/api_token.h"
#include "agent/model/certificate.h"
#include "agent/model/custom.h"
#include "agent/model/event.h"
#include "agent/model/hostname.h"
#include "agent/model/limits.h"
#include "agent/model/order.h"
#include "agent/model/tenant.h"
#include "agent/model/usage.h"
#include "agent/model/zone.h"
#include "agent/store/revocation.h"
#include "agent/store/store_error.h"
#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

/// What is wanted of one hostname. A field left out keeps its value; in a new row it is automatic,
/// off and answered.
struct HostnameSettings {
  base::DomainName name;
  std::optional<HostnameMode> mode = std::nullopt;
  std::optional<HttpsRedirect> https_redirect = std::nullopt;
  std::optional<ChallengePath> challenge_path = std::nullopt;
  /// The zone that owns it; nullopt in a new row: none.
  std::optional<base::DomainName> zone = std::nullopt;
  /// Whose certificate a hostname is to use that is new, or gets another mode: this wildcard
  /// hostname's, or if nullopt one of its own. What is known of others stays.
  std::optional<base::DomainName> covered_by = std::nullopt;
  std::string reason{};  ///< why it is added, for the history; may be empty
};

enum class AddOutcome { added, updated, unchanged };
enum class RemoveOutcome { removed, not_found };
enum class RenewalOutcome {
  requested,
  under_way,  ///< an order is open already
  disabled,   ///< mode off
  custom,     ///< mode custom: its owner brings another
  not_found,
};

/// Which zones to list, in the order of their names.
struct ZoneQuery {
  std::string tenant{};  ///< only its zones; empty: all
  std::string after{};   ///< only names after this one; empty for the first page
  std::size_t limit = 100;
};

/// An order that is open, as shown beside its hostname.
struct OpenOrder {
  OrderId id;
  std::string authority{};
  std::string stage{};
  base::WallTime created{};
  friend bool operator==(const OpenOrder&, const OpenOrder&) = default;
};

/// Where a hostname stands with its second certificate; the fields are Hostname's.
struct SecondCertificate {
  std::optional<Certificate> certificate = std::nullopt;
  std::optional<OpenOrder> order = std::nullopt;
  std::optional<base::WallTime> next_attempt = std::nullopt;
  std::uint32_t failures = 0;
  std::string last_error{};
  bool parked = false;
  friend bool operator==(const SecondCertificate&, const SecondCertificate&) = default;
};

/// Everything that is shown of one hostname.
struct HostnameDetail {
  Hostname hostname;
  std::optional<Certificate> certificate = std::nullopt;
  std::optional<OpenOrder> order = std::nullopt;
  std::optional<SecondCertificate> second = std::nullopt;  ///< if it is to have one
  std::optional<CustomState> custom = std::nullopt;        ///< if one is installed
  friend bool operator==(const HostnameDetail&, const HostnameDetail&) = default;
};

/// Which hostnames to list, in the order of their names.
struct HostnameQuery {
  enum class Match {
    prefix,    ///< indexed
    contains,  ///< reads names until the page is full
  };
  std::string after{};   ///< only names after this one; empty for the first page
  std::string search{};  ///< part of an A-label name, lower case; empty finds all
  Match match = Match::prefix;
  std::optional<CertState> state = std::nullopt;
  std::string tenant{};                                 ///< only those in its zones; empty: all
  std::optional<base::DomainName> zone = std::nullopt;  ///< only those it owns
  enum class Usage { any, unused } usage = Usage::any;
  std::size_t limit = 100;
};

struct HostnamePage {
  std::vector<HostnameDetail> hostnames{};
  std::string next{};  ///< the next page's `after`; empty if this is the last one
};

struct HostnameCounts {
  std::uint64_t pending = 0;
  std::uint64_t ready = 0;
  std::uint64_t expired = 0;
  std::uint64_t disabled = 0;
  std::uint64_t second_failing = 0;  ///< of all these, those whose second certificate has failed
  std::uint64_t unused = 0;          ///< of all these, those that are not renewed for that
  std::uint64_t total() const { return pending + ready + expired + disabled; }
  friend bool operator==(const HostnameCounts&, const HostnameCounts&) = default;
};

/// What the hot index keeps of a hostname. The name dies with the call that is given it.
struct LookupRow {
  std::string_view name;
  HostnameMode mode;
  HttpsRedirect https_redirect;
  ChallengePath challenge_path;
  std::optional<base::WallTime> served_until = std::nullopt;
};

/// What a look at a certificate's renewal info has brought.
struct RenewalCheck {
  CertificateId certificate{0};
  /// The advice as it is now, and when to renew by it; nullopt: nothing new, both stay.
  struct Advised {
    RenewalAdvice advice;
    base::WallTime renew_at{};
  };
  std::optional<Advised> advised = std::nullopt;
  std::optional<base::WallTime> next_check = std::nullopt;  ///< nullopt: never again
  std::uint32_t failed_checks = 0;                          ///< in a row
};

/// One of the names of an order that is to blame for its failure.
struct NameFailure {
  base::DomainName name;
  std::string error{};  ///< a sentence for the hostname's owner
  base::WallTime next_attempt{};
  bool parked = false;  ///< a person has to change something first; next_attempt is a re-check
  friend bool operator==(const NameFailure&, const NameFailure&) = default;
};

/// How an order ended without a certificate.
struct OrderFailure {
  std::string error{};  ///< as in NameFailure, for all names of the order
  base::WallTime next_attempt{};
  bool parked = false;
  /// The authority will not have these names before; another one may (DueHostname::refusals).
  std::optional<base::WallTime> refused_until = std::nullopt;
  /// Only these have failed, each with its own error. The others are due at once, before all that
  /// wait like them. Empty: all have failed.
  std::vector<NameFailure> names{};
};

enum class CertificateSelection {
  wanted,   ///< issued or served: HAProxy should have it
  retired,  ///< HAProxy should no longer have it
  all,
};

/// Which events to list.
struct EventQuery {
  std::int64_t after = 0;  ///< oldest first from here on, if above 0; else the newest ones
  std::string subject{};   ///< empty for all
  std::size_t limit = 100;
};

/// The only truth: what is wanted, what is under way, what is there. Durable when a call returns;
/// a call that fails has changed nothing. Blocks. Not thread-safe: one thread owns it.
///
/// A hostname has at most one open order for each of its certificates. Every change is in the feed
/// and, where a person would ask, in the events. `now` is the wall clock.
class Store {
 public:
  virtual ~Store() = default;

  /// Who wants what the calls from now on do: Event::actor of their events. See ActingAs.
  virtual void act_as(std::string actor) = 0;

  /// Runs `work`, all of whose calls become durable together when this returns: one disk flush for
  /// many callers. Each call still succeeds or fails for itself. If this returns an error, nothing
  /// that `work` did is kept, whatever its calls have returned. REQUIRES: not nested.
  virtual StoreResult<void> commit_together(const std::function<void()>& work) = 0;

  // --- Hostnames -------------------------------------------------------------------------------

  /// New names are due at once. One outcome a name, in the given order; all or nothing.
  /// Setting mode off drops the hostname's open order and retires its certificate; setting it to
  /// automatic again starts as with a new name.
  virtual StoreResult<std::vector<AddOutcome>> add_hostnames(
      std::span<const HostnameSettings> hostnames, base::WallTime now) = 0;

  /// The row after the change. Errors: not_found.
  virtual StoreResult<Hostname> update_hostname(const HostnameSettings& hostname,
                                                base::WallTime now) = 0;

  /// A wildcard that covers hostnames and goes, or gets mode off, leaves them uncovered: those are
  /// due at once, keep its certificate until they have their own, and are automatic from then on.
  ///
  /// The row goes, and its open order (other names of that order become due again); its
  /// certificate is retired if no other hostname uses it. One outcome a name; all or nothing.
  virtual StoreResult<std::vector<RemoveOutcome>> remove_hostnames(
      std::span<const base::DomainName> names, base::WallTime now) = 0;

  virtual StoreResult<std::optional<HostnameDetail>> hostname(const base::DomainName& name) = 0;

  virtual StoreResult<HostnamePage> list_hostnames(const HostnameQuery& query,
                                                   base::WallTime now) = 0;

  virtual StoreResult<HostnameCounts> count_hostnames(base::WallTime now) = 0;

  /// Every hostname once, in no particular order, read as one snapshot. `row` must not call us.
  virtual StoreResult<void> for_each_lookup_row(
      const std::function<void(const LookupRow&)>& row) = 0;

  // --- Tenants and zones -----------------------------------------------------------------------

  /// Inserts or changes; `created` is that of the first time.
  virtual StoreResult<AddOutcome> put_tenant(const Tenant& tenant, base::WallTime now) = 0;
  virtual StoreResult<std::optional<Tenant>> tenant(std::string_view id) = 0;
  /// Up to `limit` with ids after `after`, by id.
  virtual StoreResult<std::vector<Tenant>> tenants(std::string_view after, std::size_t limit) = 0;
  /// Its tokens go with it. Errors: conflict if it has zones.
  virtual StoreResult<RemoveOutcome> remove_tenant(std::string_view id, base::WallTime now) = 0;

  /// Inserts or changes; `created` is that of the first time. The hostnames at and below its name
  /// that are in the zone above it, or in none, are its from now on. Errors: not_found without its
  /// tenant.
  virtual StoreResult<AddOutcome> put_zone(const Zone& zone, base::WallTime now) = 0;
  virtual StoreResult<std::optional<Zone>> zone(const base::DomainName& name) = 0;
  virtual StoreResult<std::vector<Zone>> zones(const ZoneQuery& query) = 0;
  /// Errors: conflict if it has hostnames.
  virtual StoreResult<RemoveOutcome> remove_zone(const base::DomainName& name,
                                                 base::WallTime now) = 0;
  /// A hostname of the zone `owner` that is at or below `name`; nullopt if there is none.
  virtual StoreResult<std::optional<base::DomainName>> hostname_within(
      const base::DomainName& owner, const base::DomainName& name) = 0;
  /// How many hostnames of the zone its wildcard covers or would, mode off not counted; counts no
  /// further than `most`.
  virtual StoreResult<std::uint64_t> count_below_wildcard(const base::DomainName& zone,
                                                          std::uint64_t most) = 0;
  /// How many hostnames of the zone wait for a certificate of their own and have none yet; counts
  /// no further than `most`.
  virtual StoreResult<std::uint64_t> count_waiting(const base::DomainName& zone,
                                                   std::uint64_t most) = 0;

  // --- Tokens ----------------------------------------------------------------------------------

  /// Errors: conflict if there is one of that name; not_found without its tenant.
  virtual StoreResult<void> add_token(const ApiToken& token, base::WallTime now) = 0;
  /// Those that have expired included, by name.
  virtual StoreResult<std::vector<ApiToken>> tokens() = 0;
  virtual StoreResult<RemoveOutcome> remove_token(std::string_view name, base::WallTime now) = 0;

  // --- Planning --------------------------------------------------------------------------------

  /// Hostnames whose next_attempt is not after `now`, of these urgencies in this order, and of each
  /// the longest due first (then by name), no more than asked for; but of renewals those near
  /// expiry first (mark_near_expiry()), then the busiest (save_traffic()). Reads no other rows, but
  /// those that share a certificate with them. A hostname can be there twice, once for each role.
  virtual StoreResult<std::vector<DueHostname>> due_hostnames(
      base::WallTime now, std::span<const DueQuery> queries) = 0;
  /// The same of all urgencies, no more than `limit` together.
  StoreResult<std::vector<DueHostname>> due_hostnames(base::WallTime now, std::size_t limit);

  /// The earliest next_attempt of that urgency; nullopt if there is none.
  virtual StoreResult<std::optional<base::WallTime>> next_due(Urgency urgency) = 0;
  /// The same of all urgencies.
  StoreResult<std::optional<base::WallTime>> next_due();

  /// How many hostnames of that urgency are due; counts no further than `most`.
  virtual StoreResult<std::uint64_t> count_due(Urgency urgency,
                                               base::WallTime now,
                                               std::uint64_t most) = 0;

  /// From now on hostnames with less than a twelfth of their certificate's lifetime left (slack())
  /// are near expiry, until they have a new one. How many have become so; reads no others.
  virtual StoreResult<std::size_t> mark_near_expiry(base::WallTime now) = 0;

  /// How busy hostnames are; those that are unknown are skipped, those not named stay as they are.
  /// One that does not lead to us and has visitors is due for a look (due_usage_looks()) at once.
  virtual StoreResult<void> save_traffic(std::span<const HostnameTraffic> traffic) = 0;
  /// Hostnames with traffic, the busiest first, no more than `most`.
  virtual StoreResult<std::vector<HostnameTraffic>> traffic(std::size_t most) = 0;

  /// Hostnames with a certificate of their own whose turn to be looked at has come, the longest due
  /// first; no wildcards, for which there is nothing to look at. A hostname without a certificate
  /// is never there. Reads no others.
  virtual StoreResult<std::vector<HostnameUsage>> due_usage_looks(base::WallTime now,
                                                                  std::size_t limit) = 0;
  /// Keeps what was found. An unused hostname is in no due_hostnames() and in no `together`, until
  /// a look finds it used, somebody asks for its renewal, or its mode is changed; then it is due
  /// when it would have been. Events where unused_since comes or goes. Names that are unknown are
  /// skipped.
  virtual StoreResult<void> save_usage_looks(std::span<const UsageLook> looks,
                                             base::WallTime now) = 0;

  /// Sets next_attempt of that role; names that are unknown, off or in an open order are skipped.
  virtual StoreResult<void> postpone(std::span<const Postponement> postponements) = 0;

  /// Heals what was written while the clock ran ahead: hostnames for which a person waits become
  /// due now; those that failed and would wait longer than `longest` are spread at random over the
  /// next `spread`. Waiting for renew_at is not touched. How many were changed. Renewal checks
  /// later than `longest` are spread likewise, and not counted. To be called at start and after the
  /// wall clock was set back.
  virtual StoreResult<std::size_t> rescue_attempts(base::WallTime now,
                                                   std::chrono::milliseconds longest,
                                                   std::chrono::milliseconds spread) = 0;

  /// Makes the hostnames due now, even before renew_at, with failures forgotten (last_error stays).
  /// The second certificate likewise, unless it has an open order. One outcome a name (of the
  /// first); all or nothing.
  virtual StoreResult<std::vector<RenewalOutcome>> request_renewal(
      std::span<const base::DomainName> names, base::WallTime now) = 0;

  // --- Orders ----------------------------------------------------------------------------------

  /// Opens orders and clears their names' next_attempt. An order of which one name is unknown, off
  /// or in an open order already is left out: the others are returned, in the given order. An order
  /// for second certificates gives way: it is left out while a first one has an order, and
  /// abandoned when one is opened (an authority could take both for the same order). Stores
  /// `budgets` with them.
  virtual StoreResult<std::vector<OrderRecord>> create_orders(
      std::span<const NewOrder> orders,
      base::WallTime now,
      std::span<const BudgetEntry> budgets) = 0;
  StoreResult<std::vector<OrderRecord>> create_orders(std::span<const NewOrder> orders,
                                                      base::WallTime now) {
    return create_orders(orders, now, {});
  }

  /// All of them, oldest first: what a restart goes on with.
  virtual StoreResult<std::vector<OrderRecord>> open_orders() = 0;

  /// Keeps the order's document and stage; `challenges` replaces those that were live for it.
  /// Errors: gone if the order was removed (then nothing of it is to be pursued).
  virtual StoreResult<void> save_order(const OrderRecord& order,
                                       std::span<const LiveChallenge> challenges) = 0;

  /// Ends an order with its certificate, whose `id` and `state` are ignored; `served_until` stays
  /// until mark_served(). The hostnames point to the new certificate and are looked at again at its
  /// renew_at; order and challenges go. The certificate a hostname had before is dropped if it has
  /// the same bundle path (the file is replaced) and else retired, if no hostname uses it any more.
  /// Errors: gone; conflict if the bundle path belongs to a certificate that stays in use.
  virtual StoreResult<CertificateId> finish_order(OrderId order,
                                                  const CertificateBundle& certificate,
                                                  base::WallTime now) = 0;

  /// Ends an order without a certificate; the hostnames that failed count one failure more.
  /// Refusals are forgotten with a certificate, with request_renewal() and with the hostname.
  /// Stores `budgets` with it. Errors: gone.
  virtual StoreResult<void> fail_order(OrderId order,
                                       const OrderFailure& failure,
                                       base::WallTime now,
                                       std::span<const BudgetEntry> budgets) = 0;
  StoreResult<void> fail_order(OrderId order, const OrderFailure& failure, base::WallTime now) {
    return fail_order(order, failure, now, {});
  }

  /// Ends an order that nobody is to go on with, without a failure: its hostnames are due now, and
  /// refused by its authority until `refused_until`, if that is given. An event with `reason`.
  /// Errors: gone.
  virtual StoreResult<void> abandon_order(OrderId order,
                                          std::string_view reason,
                                          std::optional<base::WallTime> refused_until,
                                          base::WallTime now) = 0;

  virtual StoreResult<std::vector<LiveChallenge>> live_challenges() = 0;

  // --- Certificates ----------------------------------------------------------------------------

  /// Up to `limit` certificates with ids above `after`, by id; the last one's id is the next
  /// `after`. Start with CertificateId(0); fewer than `limit` means the end.
  virtual StoreResult<std::vector<Certificate>> certificates(CertificateSelection selection,
                                                             CertificateId after,
                                                             std::size_t limit) = 0;

  /// With its key. Errors: not_found, wrong_key, corrupt.
  virtual StoreResult<CertificateBundle> certificate_bundle(CertificateId id) = 0;

  /// HAProxy has been seen serving these: sets their hostnames' served_until, and gives a
  /// wildcard's to the hostnames that it covers; what these had of their own is
  /// retired. Their hostnames can then have second certificates. Returns
  /// the hostnames it has changed. Ids that are unknown, retired or no hostname's certificate any
  /// more are skipped.
  virtual StoreResult<std::vector<base::DomainName>> mark_served(std::span<const CertificateId> ids,
                                                                 base::WallTime now) = 0;

  /// Certificates in use of that authority whose next_check is not after `now`, the longest due
  /// first.
  virtual StoreResult<std::vector<Certificate>> due_renewal_checks(std::string_view authority,
                                                                   base::WallTime now,
                                                                   std::size_t limit) = 0;

  /// The earliest next_check of its certificates in use; nullopt if there is none.
  virtual StoreResult<std::optional<base::WallTime>> next_renewal_check(
      std::string_view authority) = 0;

  /// Keeps what was found. Where the advice moves renew_at, the certificate's hostnames are looked
  /// at again at the new one; those with an open order, or put off after a failure, stay. An event
  /// if the window is another than before. Certificates that are unknown or retired are skipped.
  virtual StoreResult<void> save_renewal_checks(std::span<const RenewalCheck> checks,
                                                base::WallTime now) = 0;

  /// They are off HAProxy and their files are deleted: drops them with their keys. Ids that are
  /// unknown or not retired are skipped. A newer certificate may have the same bundle path by now:
  /// check before deleting the file.
  virtual StoreResult<void> forget_certificates(std::span<const CertificateId> ids,
                                                base::WallTime now) = 0;

  // --- Custom certificates ---------------------------------------------------------------------

  /// The hostname is in mode custom from now on, with this certificate, which is served until
  /// another one takes its place. What it had before is replaced if it has the same bundle path,
  /// and else retired, if no hostname uses it any more. REQUIRES: no other hostname has
  /// certificates of that path. Errors: not_found.
  virtual StoreResult<CertificateId> install_certificate(const CustomInstallation& installation,
                                                         base::WallTime now) = 0;

  /// Keeps the request in the place of an earlier one of that hostname; its `id` is ignored.
  /// Errors: not_found.
  virtual StoreResult<CertificateRequestId> put_certificate_request(
      const base::DomainName& hostname, const CertificateRequest& request, base::WallTime now) = 0;
  /// With its key. nullopt if there is none. Errors: wrong_key, corrupt.
  virtual StoreResult<std::optional<CertificateRequest>> certificate_request(
      const base::DomainName& hostname) = 0;

  /// Makes automatic again what is to return by now, and writes an event for each certificate that
  /// has passed one of custom_warning_days, or its end, since it was installed or looked at last.
  /// Reads only what is due; at most `limit` of each, and less than that means the end.
  virtual StoreResult<CustomTending> tend_custom_certificates(base::WallTime now,
                                                              std::size_t limit) = 0;

  virtual StoreResult<CustomCounts> count_custom_certificates(base::WallTime now) = 0;

  // --- Two key types ---------------------------------------------------------------------------

  /// The key algorithms that hostnames are to have certificates of: one or both, none twice. Kept.
  ///
  /// With both, a hostname that is served gets a second certificate of the other algorithm: it
  /// turns up in due_hostnames() with CertificateRole::second. With one, second certificates are
  /// retired; where only the second has the algorithm that stays, and is served, it takes the
  /// first's place. What has an open order follows when that ends. To be called at every start.
  virtual StoreResult<void> set_key_algorithms(std::span<const KeyAlgorithm> algorithms,
                                               base::WallTime now) = 0;

  // --- Keys that are used again ----------------------------------------------------------------

  /// The private key of the certificate that this order renews, in PEM; nullopt if its names use
  /// none or several, or if that key is compromised. Errors: gone, wrong_key, corrupt.
  virtual StoreResult<std::optional<std::string>> reusable_key(OrderId order) = 0;

  /// Nothing is ever certified again with this certificate's key: to be called before it is revoked
  /// for keyCompromise (RFC 5280 §5.3.1). Open orders that would renew it are abandoned, since they
  /// may have its key already; their hostnames are due. Errors: not_found.
  virtual StoreResult<void> mark_key_compromised(CertificateId certificate, base::WallTime now) = 0;

  // --- Budgets ---------------------------------------------------------------------------------

  /// What is left of all authorities' limits; buckets that are full are left out.
  virtual StoreResult<std::vector<BudgetEntry>> budgets(base::WallTime now) = 0;
  /// One of them; as it is by default if it is not there.
  virtual StoreResult<BudgetState> budget(std::string_view authority, const BudgetKey& key) = 0;
  virtual StoreResult<void> save_budgets(std::span<const BudgetEntry> budgets,
                                         base::WallTime now) = 0;

  // --- Accounts --------------------------------------------------------------------------------

  virtual StoreResult<std::optional<Account>> account(std::string_view authority,
                                                      std::string_view directory_url) = 0;
  /// Inserts or replaces the account of that authority and directory URL; an event if it is new or
  /// has another URL.
  virtual StoreResult<void> put_account(const Account& account, base::WallTime now) = 0;

  // `account` in these: authority, directory URL and thumbprint say which is meant. Errors: gone if
  // that has another key by now.

  /// Keeps its `url`; an event if it is another than before.
  virtual StoreResult<void> save_account_url(const Account& account, base::WallTime now) = 0;
  /// Keeps its `status`; an event if that has changed.
  virtual StoreResult<void> save_account_status(const Account& account, base::WallTime now) = 0;
  /// Keeps its `next_key`. Errors: conflict if there is one already.
  virtual StoreResult<void> begin_key_change(const Account& account, base::WallTime now) = 0;
  /// The next key is the account's now. Its certificates and revocations go with it, so that they
  /// still count as the account's own.
  virtual StoreResult<void> finish_key_change(const Account& account, base::WallTime now) = 0;
  /// Drops the next key. REQUIRES: the authority has said that it is not the account's.
  virtual StoreResult<void> give_up_key_change(const Account& account,
                                               std::string_view reason,
                                               base::WallTime now) = 0;

  // --- Revocations -----------------------------------------------------------------------------

  /// From now on these are to be revoked, whatever becomes of them here, and their hostnames get
  /// new ones as wished. With a reason other than keyCompromise the replacement comes first, for a
  /// day at most. One that was refused is asked for again. Certificates of which one is not known
  /// any more are not_found. One outcome an id; all or nothing.
  virtual StoreResult<std::vector<RevocationOutcome>> request_revocations(
      std::span<const CertificateId> ids, const RevocationWish& wish, base::WallTime now) = 0;

  /// Those of that authority whose next_attempt is not after `now`, the longest due first.
  virtual StoreResult<std::vector<RevocationTask>> due_revocations(std::string_view authority,
                                                                   base::WallTime now,
                                                                   std::size_t limit) = 0;
  /// The earliest next_attempt; nullopt if none is pending.
  virtual StoreResult<std::optional<base::WallTime>> next_revocation(
      std::string_view authority) = 0;
  /// Keeps what became of it; with the end of a revocation its copy of the key goes. One that is
  /// not pending is skipped.
  virtual StoreResult<void> save_revocation(const RevocationAttempt& attempt,
                                            base::WallTime now) = 0;

  virtual StoreResult<std::optional<Revocation>> revocation(CertificateId certificate) = 0;
  /// Up to `limit` of the certificates with ids above `after`, by id; of any state without one.
  virtual StoreResult<std::vector<Revocation>> revocations(std::optional<RevocationState> state,
                                                           CertificateId after,
                                                           std::size_t limit) = 0;

  // --- History, feed, odds and ends ------------------------------------------------------------

  /// For what happens outside the store; `sequence` is ignored.
  virtual StoreResult<void> record_event(const Event& event) = 0;
  /// Oldest first in either case. Only the newest ones are kept.
  virtual StoreResult<std::vector<Event>> events(const EventQuery& query) = 0;

  /// Up to `limit` changes after that sequence, oldest first. Errors: gone if changes after it are
  /// no longer kept: read everything again and go on from last_change().
  virtual StoreResult<std::vector<Change>> changes(std::int64_t after, std::size_t limit) = 0;
  /// The sequence of the newest change; 0 if there has been none.
  virtual StoreResult<std::int64_t> last_change() = 0;

  /// Small values that belong to the installation.
  virtual StoreResult<std::optional<std::string>> meta(std::string_view key) = 0;
  virtual StoreResult<void> put_meta(std::string_view key, std::string_view value) = 0;
};

/// As long as it lives, the calls are somebody's; afterwards they are the daemon's own again.
class ActingAs {
 public:
  /// REQUIRES: the store outlives it; not nested.
  ActingAs(Store& store, const std::string& actor) : store_(store) { store_.act_as(actor); }
  ~ActingAs() { store_.act_as({}); }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  Store& store_;
};

}  // namespace agent
