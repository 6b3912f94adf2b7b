#include <algorithm>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

std::string describe(const Hostname& hostname) {
  std::string text = std::string("mode=")
                         .append(to_string(hostname.mode))
                         .append(" https_redirect=")
                         .append(to_string(hostname.https_redirect));
  if (hostname.challenge_path != ChallengePath::answered) {
    text.append(" challenge_path=").append(to_string(hostname.challenge_path));
  }
  if (hostname.covered_by) text += " covered_by=" + hostname.covered_by->text();
  return text;
}

std::optional<std::string> text_of(const std::optional<base::DomainName>& name) {
  return name ? std::optional(name->text()) : std::nullopt;
}

/// Whether we order one for it by itself.
bool needs_own_certificate(const Hostname& hostname) {
  return hostname.mode == HostnameMode::automatic && !hostname.covered_by;
}

/// The condition of a cert_state() at ?4. A unary plus keeps SQLite from using an index: nearly all
/// hostnames are ready, so that reading them by name finds a page soonest; the other states are
/// read from hostnames_state.
std::string_view state_condition(CertState state) {
  switch (state) {
    case CertState::none: return "AND 0 ";  // no hostname of ours is
    case CertState::pending: return "AND (mode = 1) = 0 AND served_until IS NULL ";
    case CertState::ready: return "AND +mode <> 1 AND +served_until > ?4 ";
    case CertState::expired: return "AND (mode = 1) = 0 AND served_until <= ?4 ";
    case CertState::disabled: return "AND (mode = 1) = 1 AND served_until IS NULL ";
  }
  return "";
}

std::string list_sql(const HostnameQuery& query) {
  // The range of names must not win over hostnames_state when few hostnames have expired.
  std::string names = query.state == CertState::expired
                          ? "SELECT name FROM hostnames WHERE +name >= ?1 AND +name < ?2 "
                          : "SELECT name FROM hostnames WHERE name >= ?1 AND name < ?2 ";
  if (query.match == HostnameQuery::Match::contains) names += "AND instr(name, ?3) > 0 ";
  if (query.state) names += state_condition(*query.state);
  // By zone these are few; SQLite sorts them by name.
  if (!query.tenant.empty())
    names += "AND zone IN (SELECT z.name FROM zones z WHERE z.tenant = ?5) ";
  if (query.zone) names += "AND zone = ?6 ";
  if (query.usage == HostnameQuery::Usage::unused) names += "AND unused_since IS NOT NULL ";
  names += "ORDER BY name LIMIT ?7";
  // The names of the page first, so that only their rows are read, joined and sorted.
  return select_hostnames("WHERE h.name IN (" + names + ") ORDER BY h.name");
}

}  // namespace

std::optional<HostnameDetail> SqliteStore::load_hostname(const base::DomainName& name) {
  static const std::string sql = select_hostnames("WHERE h.name = ?1");
  sqlite::Query row(*database_, sql, name.text());
  if (!row.next()) return std::nullopt;
  return read_hostname(*database_, row);
}

std::vector<HostnameDetail> SqliteStore::load_hostnames_of(OrderId order) {
  static const std::string sql = select_hostnames("WHERE h.order_id = ?1 ORDER BY h.name");
  std::vector<HostnameDetail> details;
  {
    sqlite::Query rows(*database_, sql, order);
    details = read_hostnames(*database_, rows);
  }
  return details.empty() ? load_seconds_of(order) : details;
}

void SqliteStore::save_hostname(const Hostname& hostname, std::optional<OrderId> order) {
  if (hostname.role == CertificateRole::second) return save_second(hostname, order);
  sqlite::Query(
      *database_,
      "INSERT INTO hostnames (name, mode, https_redirect, created, certificate_id, "
      "order_id, served_until, next_attempt, urgency, failures, last_error, parked, "
      "renewal_requested, zone, covered_by, unused_since, challenge_path) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) "
      "ON CONFLICT (name) DO UPDATE SET mode = ?2, https_redirect = ?3, created = ?4, "
      "certificate_id = ?5, order_id = ?6, served_until = ?7, next_attempt = ?8, urgency = ?9, "
      "failures = ?10, last_error = ?11, parked = ?12, renewal_requested = ?13, "
      "zone = ?14, covered_by = ?15, unused_since = ?16, challenge_path = ?17, "
      // Whoever takes it back without a look gives it the whole time anew.
      "absent_since = iif(?16 IS NULL AND unused_since IS NOT NULL, NULL, absent_since), "
      "absence = iif(?16 IS NULL AND unused_since IS NOT NULL, '', absence), "
      "near_expiry = iif(?5 IS NULL, 0, near_expiry), "
      "near_expiry_at = iif(?5 IS NULL, NULL, near_expiry_at), "
      "failing_since = iif(?10 = 0, NULL, failing_since)",
      hostname.name.text(),
      static_cast<std::int64_t>(hostname.mode),
      static_cast<std::int64_t>(hostname.https_redirect),
      hostname.created,
      hostname.certificate,
      order,
      hostname.served_until,
      hostname.next_attempt,
      static_cast<std::int64_t>(urgency(hostname)),
      static_cast<std::int64_t>(hostname.failures),
      hostname.last_error,
      static_cast<std::int64_t>(hostname.parked),
      static_cast<std::int64_t>(hostname.renewal_requested),
      text_of(hostname.zone),
      text_of(hostname.covered_by),
      hostname.unused_since,
      static_cast<std::int64_t>(hostname.challenge_path))
      .run();
  append_change(ChangeKind::hostname, hostname.name.text());
}

StoreResult<std::vector<AddOutcome>> SqliteStore::add_hostnames(
    std::span<const HostnameSettings> hostnames, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::vector<AddOutcome> outcomes;
  outcomes.reserve(hostnames.size());
  for (const HostnameSettings& settings : hostnames) {
    if (database_->has_failed()) break;
    outcomes.push_back(apply_settings(settings, now));
  }
  return transaction.finish(std::move(outcomes));
}

AddOutcome SqliteStore::apply_settings(const HostnameSettings& settings, base::WallTime now) {
  std::optional<HostnameDetail> before = load_hostname(settings.name);
  if (!before) {
    Hostname hostname{settings.name};
    hostname.mode = settings.mode.value_or(HostnameMode::automatic);
    hostname.https_redirect = settings.https_redirect.value_or(HttpsRedirect::off);
    hostname.challenge_path = settings.challenge_path.value_or(ChallengePath::answered);
    hostname.created = now;
    hostname.zone = settings.zone;
    hostname.covered_by = settings.covered_by;
    if (needs_own_certificate(hostname)) hostname.next_attempt = now;
    take_served_wildcard(hostname);
    save_hostname(hostname, std::nullopt);
    std::string detail = describe(hostname);
    if (!settings.reason.empty()) detail += " reason=" + settings.reason;
    append_event(EventKind::hostname_added, hostname.name.text(), detail, now);
    return AddOutcome::added;
  }
  const ChallengePath path = settings.challenge_path.value_or(before->hostname.challenge_path);
  if (before->order && path != before->hostname.challenge_path) {
    // It may be about to try what is not to be tried any more.
    abandon_order(before->order->id, now);
    before = load_hostname(settings.name);
    if (!before) return AddOutcome::unchanged;  // of an error that sticks to the database
  }
  HostnameDetail after = *before;
  after.hostname.challenge_path = path;
  after.hostname.https_redirect = settings.https_redirect.value_or(after.hostname.https_redirect);
  if (settings.mode.value_or(after.hostname.mode) != after.hostname.mode) {
    change_mode(after, settings, now);
  }
  if (after.hostname == before->hostname) return AddOutcome::unchanged;
  save_hostname(after.hostname, after.order ? std::optional(after.order->id) : std::nullopt);
  if (before->hostname.unused_since != after.hostname.unused_since) rank_second(settings.name);
  if (before->hostname.certificate != after.hostname.certificate && before->hostname.certificate) {
    retire_if_unused(*before->hostname.certificate, now);
  }
  append_event(EventKind::hostname_updated, settings.name.text(), describe(after.hostname), now);
  return AddOutcome::updated;
}

/// It stands as if it had just been added, but that a certificate which is served goes on being
/// served until the next one is; the caller saves it.
void SqliteStore::change_mode(HostnameDetail& detail,
                              const HostnameSettings& settings,
                              base::WallTime now) {
  if (detail.order) abandon_order(detail.order->id, now);
  forget_refusals(detail.hostname.name, CertificateRole::first);
  forget_custom(detail.hostname.name);
  Hostname fresh{detail.hostname.name};
  fresh.mode = *settings.mode;
  fresh.https_redirect = detail.hostname.https_redirect;
  fresh.challenge_path = detail.hostname.challenge_path;
  fresh.created = detail.hostname.created;
  fresh.zone = detail.hostname.zone;
  fresh.covered_by = settings.covered_by;
  if (needs_own_certificate(fresh)) fresh.next_attempt = now;
  if (fresh.mode == HostnameMode::off) {
    drop_second(fresh.name, now);
    if (fresh.name.is_wildcard()) uncover(fresh.name, Uncover::all, "the wildcard is off", now);
  } else {
    fresh.certificate = detail.hostname.certificate;
    fresh.served_until = detail.hostname.served_until;
    fresh.renewal_requested = fresh.certificate && needs_own_certificate(fresh);
    take_served_wildcard(fresh);
    const bool has_second =
        is_ordered(fresh.mode) && fresh.certificate == detail.hostname.certificate;
    if (!has_second) drop_second(fresh.name, now);
  }
  detail = HostnameDetail{std::move(fresh)};
}

/// A wildcard that is served already is good for the hostname at once.
void SqliteStore::take_served_wildcard(Hostname& hostname) {
  if (!hostname.covered_by) return;
  const std::optional<HostnameDetail> wildcard = load_hostname(*hostname.covered_by);
  if (!wildcard || !wildcard->hostname.served_until) return;
  hostname.certificate = wildcard->hostname.certificate;
  hostname.served_until = wildcard->hostname.served_until;
}

StoreResult<Hostname> SqliteStore::update_hostname(const HostnameSettings& hostname,
                                                   base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const StoreError unknown{StoreErrc::not_found, "no hostname " + hostname.name.text()};
  if (!load_hostname(hostname.name)) return transaction.give_up(unknown);
  apply_settings(hostname, now);
  std::optional<HostnameDetail> after = load_hostname(hostname.name);
  if (!after) return transaction.give_up(unknown);
  return transaction.finish(std::move(after->hostname));
}

StoreResult<std::vector<RemoveOutcome>> SqliteStore::remove_hostnames(
    std::span<const base::DomainName> names, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::vector<RemoveOutcome> outcomes;
  outcomes.reserve(names.size());
  for (const base::DomainName& name : names) {
    if (database_->has_failed()) break;
    outcomes.push_back(remove_hostname(name, now));
  }
  return transaction.finish(std::move(outcomes));
}

RemoveOutcome SqliteStore::remove_hostname(const base::DomainName& name, base::WallTime now) {
  const std::optional<HostnameDetail> detail = load_hostname(name);
  if (!detail) return RemoveOutcome::not_found;
  drop_second(name, now);
  sqlite::Query(*database_, "DELETE FROM hostnames WHERE name = ?1", name.text()).run();
  append_change(ChangeKind::hostname, name.text());
  append_event(EventKind::hostname_removed, name.text(), "", now);
  if (name.is_wildcard()) uncover(name, Uncover::all, "the wildcard is removed", now);
  forget_refusals(name, CertificateRole::first);
  forget_custom(name);
  forget_request(name);
  if (detail->order) abandon_order(detail->order->id, now);
  if (detail->hostname.certificate) retire_if_unused(*detail->hostname.certificate, now);
  return RemoveOutcome::removed;
}

StoreResult<std::optional<HostnameDetail>> SqliteStore::hostname(const base::DomainName& name) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  std::optional<HostnameDetail> detail = load_hostname(name);
  if (detail) detail->second = second_of(name);
  if (detail) detail->custom = custom_of(detail->hostname);
  return transaction.finish(std::move(detail));
}

StoreResult<HostnamePage> SqliteStore::list_hostnames(const HostnameQuery& query,
                                                      base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  // No character of a name is below '*' or above 'z'.
  std::string first = query.after.empty() ? "" : query.after + '\x01';
  std::string last = "\x7f";
  if (query.match == HostnameQuery::Match::prefix) {
    first = std::max(first, query.search);
    last = query.search + '\x7f';
  }
  HostnamePage page;
  const std::string sql = list_sql(query);
  sqlite::Query rows(*database_,
                     sql,
                     first,
                     last,
                     query.search,
                     now,
                     query.tenant,
                     text_of(query.zone),
                     static_cast<std::int64_t>(query.limit) + 1);
  page.hostnames = read_hostnames(*database_, rows);
  if (page.hostnames.size() > query.limit) {
    page.hostnames.pop_back();
    if (!page.hostnames.empty()) page.next = page.hostnames.back().hostname.name.text();
  }
  for (HostnameDetail& detail : page.hostnames) {
    detail.second = second_of(detail.hostname.name);
    detail.custom = custom_of(detail.hostname);
  }
  return transaction.finish(std::move(page));
}

StoreResult<HostnameCounts> SqliteStore::count_hostnames(base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(
      *database_,
      "SELECT (SELECT count(*) FROM hostnames WHERE (mode = 1) = 0 AND served_until IS NULL), "
      "(SELECT count(*) FROM hostnames WHERE (mode = 1) = 0 AND served_until > ?1), "
      "(SELECT count(*) FROM hostnames WHERE (mode = 1) = 0 AND served_until <= ?1), "
      "(SELECT count(*) FROM hostnames WHERE (mode = 1) = 1), "
      "(SELECT count(*) FROM second_certificates WHERE failures > 0), "
      "(SELECT count(*) FROM hostnames WHERE unused_since IS NOT NULL)",
      now);
  HostnameCounts counts;
  if (row.next()) {
    counts.pending = static_cast<std::uint64_t>(row.integer(0));
    counts.ready = static_cast<std::uint64_t>(row.integer(1));
    counts.expired = static_cast<std::uint64_t>(row.integer(2));
    counts.disabled = static_cast<std::uint64_t>(row.integer(3));
    counts.second_failing = static_cast<std::uint64_t>(row.integer(4));
    counts.unused = static_cast<std::uint64_t>(row.integer(5));
  }
  return transaction.finish(counts);
}

StoreResult<void> SqliteStore::for_each_lookup_row(
    const std::function<void(const LookupRow&)>& row) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query rows(
      *database_, "SELECT name, mode, https_redirect, challenge_path, served_until FROM hostnames");
  while (rows.next()) {
    row({rows.text(0),
         rows.enumerator(1, HostnameMode::custom),
         rows.enumerator(2, HttpsRedirect::on),
         rows.enumerator(3, ChallengePath::left_alone),
         rows.optional_time(4)});
  }
  return transaction.finish();
}

}  // namespace agent
