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
/// A row of select_hostnames(); nullopt, and an error that sticks, if it is damaged.
std::optional<HostnameDetail> read_hostname(sqlite::Connection& database, const sqlite::Query& row);
/// All rows, up to the first damaged one.
std::vector<HostnameDetail> read_hostnames(sqlite::Connection& database, sqlite::Query& rows);

/// `SELECT ... FROM certificates c`, then `rest`.
std::string select_certificates(std::string_view rest);
std::optional<Certificate> read_certificate(sqlite::Connection& database, const sqlite::Query& row);

/// Names as one column keeps them: separated by blanks.
std::string join_names(std::span<const base::DomainName> names);
/// Empty, and an error that sticks, if one is damaged.
std::vector<base::DomainName> read_names(sqlite::Connection& database, std::string_view column);
std::optional<base::DomainName> read_name(sqlite::Connection& database, std::string_view column);

}  // namespace agent
