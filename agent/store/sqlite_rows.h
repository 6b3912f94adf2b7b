#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store/sqlite.h"
#include "agent/store/store.h"

namespace agent {

/// `SELECT ... FROM hostnames h` with its certificate `c` and its open order `o`, then `rest`.
std::string select_hostnames(std::string_view rest);
/// The same columns of the second certificates: `FROM second_certificates s` with its hostname `h`,
/// its certificate `c` and its open order `o`, then `rest`.
std::string select_second_certificates(std::string_view rest);
/// A row of select_hostnames(), or of select_second_certificates() with that role; nullopt, and an
/// error that sticks, if it is damaged.
std::optional<HostnameDetail> read_hostname(sqlite::Connection& database,
                                            const sqlite::Query& row,
                                            CertificateRole role = CertificateRole::first);
/// All rows, up to the first damaged one.
std::vector<HostnameDetail> read_hostnames(sqlite::Connection& database,
                                           sqlite::Query& rows,
                                           CertificateRole role = CertificateRole::first);

/// `SELECT ... FROM certificates c`, then `rest`.
std::string select_certificates(std::string_view rest);
std::optional<Certificate> read_certificate(sqlite::Connection& database, const sqlite::Query& row);

/// A wildcard hostname has a new certificate in the place of `before`: so have those that it
/// covers, also if they had none. Otherwise `before` would stay in use, and HAProxy serves the
/// first that it has for a name.
void pass_on_to_covered(sqlite::Connection& database,
                        const base::DomainName& wildcard,
                        std::optional<CertificateId> before,
                        CertificateId certificate);

/// What a certificate's private key is sealed for: data is bound to its row, and ids are never used
/// twice.
std::string purpose_of_key(CertificateId certificate);

/// Names as one column keeps them: separated by blanks.
std::string join_names(std::span<const base::DomainName> names);
/// Empty, and an error that sticks, if one is damaged.
std::vector<base::DomainName> read_names(sqlite::Connection& database, std::string_view column);
std::optional<base::DomainName> read_name(sqlite::Connection& database, std::string_view column);

}  // namespace agent
