#include "agent/store/sqlite_rows.h"

namespace agent {
namespace {

constexpr std::string_view certificate_columns =
    "c.id, c.authority, c.names, c.serial, c.fingerprint, c.not_before, c.not_after, c.renew_at, "
    "c.state, c.bundle_path, c.account, c.cert_id, c.window_start, c.window_end, "
    "c.renewal_instant, c.explanation_url, c.next_check, c.failed_checks, c.key_algorithm";

// Where the parts of select_hostnames() begin.
constexpr int first_certificate_column = 17;
constexpr int first_order_column = 36;

StoreError damaged(const sqlite::Connection& database, std::string_view what) {
  return {StoreErrc::corrupt,
          "database " + database.path() + ": " + std::string(what) +
              " is damaged; restore it from a backup"};
}

std::optional<RenewalAdvice> read_advice(const sqlite::Query& row, int first) {
  if (row.is_null(first)) return std::nullopt;
  return RenewalAdvice{
      row.time(first), row.time(first + 1), row.time(first + 2), std::string(row.text(first + 3))};
}

std::optional<Certificate> read_certificate_at(sqlite::Connection& database,
                                               const sqlite::Query& row,
                                               int first) {
  Certificate certificate;
  certificate.id = CertificateId(row.integer(first));
  certificate.authority = row.text(first + 1);
  certificate.names = read_names(database, row.text(first + 2));
  certificate.serial = row.text(first + 3);
  certificate.fingerprint = row.text(first + 4);
  certificate.not_before = row.time(first + 5);
  certificate.not_after = row.time(first + 6);
  certificate.renew_at = row.time(first + 7);
  certificate.state = row.enumerator(first + 8, CertificateState::retired);
  certificate.bundle_path = row.text(first + 9);
  certificate.account = row.text(first + 10);
  certificate.cert_id = row.text(first + 11);
  certificate.advice = read_advice(row, first + 12);
  certificate.next_check = row.optional_time(first + 16);
  certificate.failed_checks = static_cast<std::uint32_t>(row.integer(first + 17));
  certificate.key = row.enumerator(first + 18, KeyAlgorithm::rsa);
  if (database.has_failed()) return std::nullopt;
  return certificate;
}

OpenOrder read_open_order(const sqlite::Query& row) {
  return {OrderId(row.integer(first_order_column)),
          std::string(row.text(first_order_column + 1)),
          std::string(row.text(first_order_column + 2)),
          row.time(first_order_column + 3)};
}

}  // namespace

std::string select_hostnames(std::string_view rest) {
  return std::string(
             "SELECT h.name, h.mode, h.https_redirect, h.created, h.certificate_id, "
             "h.served_until, h.next_attempt, h.failures, h.last_error, h.parked, "
             "h.renewal_requested, h.zone, h.covered_by, h.unused_since, h.absent_since, "
             "h.absence, h.challenge_path, ")
      .append(certificate_columns)
      .append(
          ", o.id, o.authority, o.stage, o.created FROM hostnames h "
          "LEFT JOIN certificates c ON c.id = h.certificate_id "
          "LEFT JOIN orders o ON o.id = h.order_id ")
      .append(rest);
}

std::string select_second_certificates(std::string_view rest) {
  return std::string(
             "SELECT h.name, h.mode, h.https_redirect, h.created, s.certificate_id, "
             "h.served_until, s.next_attempt, s.failures, s.last_error, s.parked, "
             "s.renewal_requested, h.zone, h.covered_by, h.unused_since, h.absent_since, "
             "h.absence, h.challenge_path, ")
      .append(certificate_columns)
      .append(
          ", o.id, o.authority, o.stage, o.created FROM second_certificates s "
          "JOIN hostnames h ON h.name = s.name "
          "LEFT JOIN certificates c ON c.id = s.certificate_id "
          "LEFT JOIN orders o ON o.id = s.order_id ")
      .append(rest);
}

std::optional<HostnameDetail> read_hostname(sqlite::Connection& database,
                                            const sqlite::Query& row,
                                            CertificateRole role) {
  std::optional<base::DomainName> name = read_name(database, row.text(0));
  if (!name) return std::nullopt;
  HostnameDetail detail{Hostname{*std::move(name)}};
  Hostname& hostname = detail.hostname;
  hostname.mode = row.enumerator(1, HostnameMode::custom);
  hostname.https_redirect = row.enumerator(2, HttpsRedirect::on);
  hostname.created = row.time(3);
  if (!row.is_null(4)) hostname.certificate = CertificateId(row.integer(4));
  hostname.served_until = row.optional_time(5);
  hostname.next_attempt = row.optional_time(6);
  hostname.failures = static_cast<std::uint32_t>(row.integer(7));
  hostname.last_error = row.text(8);
  hostname.parked = row.integer(9) != 0;
  hostname.renewal_requested = row.integer(10) != 0;
  hostname.role = role;
  if (!row.is_null(11)) hostname.zone = read_name(database, row.text(11));
  if (!row.is_null(12)) hostname.covered_by = read_name(database, row.text(12));
  hostname.unused_since = row.optional_time(13);
  hostname.absent_since = row.optional_time(14);
  hostname.absence = row.text(15);
  hostname.challenge_path = row.enumerator(16, ChallengePath::left_alone);
  if (!row.is_null(first_certificate_column)) {
    detail.certificate = read_certificate_at(database, row, first_certificate_column);
  }
  if (!row.is_null(first_order_column)) detail.order = read_open_order(row);
  if (database.has_failed()) return std::nullopt;
  return detail;
}

std::vector<HostnameDetail> read_hostnames(sqlite::Connection& database,
                                           sqlite::Query& rows,
                                           CertificateRole role) {
  std::vector<HostnameDetail> details;
  while (rows.next()) {
    std::optional<HostnameDetail> detail = read_hostname(database, rows, role);
    if (!detail) break;
    details.push_back(*std::move(detail));
  }
  return details;
}

std::string select_certificates(std::string_view rest) {
  return std::string("SELECT ")
      .append(certificate_columns)
      .append(" FROM certificates c ")
      .append(rest);
}

std::optional<Certificate> read_certificate(sqlite::Connection& database,
                                            const sqlite::Query& row) {
  return read_certificate_at(database, row, 0);
}

void pass_on_to_covered(sqlite::Connection& database,
                        const base::DomainName& wildcard,
                        std::optional<CertificateId> before,
                        CertificateId certificate) {
  sqlite::Query(database,
                "UPDATE hostnames SET certificate_id = ?3 "
                "WHERE covered_by = ?1 AND (certificate_id IS NULL OR certificate_id = ?2)",
                wildcard.text(),
                before,
                certificate)
      .run();
}

std::string purpose_of_key(CertificateId certificate) {
  return "certificates/" + std::to_string(certificate.value());
}

std::string join_names(std::span<const base::DomainName> names) {
  std::string joined;
  for (const base::DomainName& name : names) {
    if (!joined.empty()) joined += ' ';
    joined += name.text();
  }
  return joined;
}

std::vector<base::DomainName> read_names(sqlite::Connection& database, std::string_view column) {
  std::vector<base::DomainName> names;
  while (true) {
    const std::size_t blank = column.find(' ');
    std::optional<base::DomainName> name = read_name(database, column.substr(0, blank));
    if (!name) return {};
    names.push_back(*std::move(name));
    if (blank == std::string_view::npos) return names;
    column.remove_prefix(blank + 1);
  }
}

std::optional<base::DomainName> read_name(sqlite::Connection& database, std::string_view column) {
  base::Result<base::DomainName> name = base::DomainName::parse_name_or_address(column);
  if (name) return *std::move(name);
  database.fail(damaged(database, "a stored name"));
  return std::nullopt;
}

}  // namespace agent
