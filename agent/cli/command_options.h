#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "haproxy/static_config.h"

namespace agent {

enum class OutputFormat {
  table,  ///< for people
  json,   ///< one object a line, for programs
};

/// `--wait --timeout`.
struct WaitOptions {
  bool wait = false;
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
};

struct HostnameAddOptions {
  std::vector<std::string> names{};
  bool https_redirect = true;
  std::string mode{};            ///< empty: the daemon's default
  std::string challenge_path{};  ///< empty: the daemon's default
  WaitOptions wait{};
  OutputFormat output = OutputFormat::table;
};

struct HostnameListOptions {
  std::string tenant{};
  std::string zone{};
  std::string search{};
  bool contains = false;  ///< search anywhere in the name instead of at its begin
  std::string state{};    ///< empty: any
  bool unused = false;    ///< only those that are not renewed, since they lead elsewhere
  OutputFormat output = OutputFormat::table;
};

struct CertificateListOptions {
  std::string state = "wanted";
  OutputFormat output = OutputFormat::table;
};

struct CertificateRenewOptions {
  std::vector<std::string> names{};
  WaitOptions wait{};
  OutputFormat output = OutputFormat::table;
};

struct CertificateRevokeOptions {
  std::vector<std::string> certificates{};  ///< hostnames or ids
  std::string from{};                       ///< a file with more of them; `-` is standard input
  std::string all_of{};                     ///< an authority: all certificates that it has issued
  std::string reason = "unspecified";
  bool replace = true;
  bool yes = false;  ///< needed for more than one
  OutputFormat output = OutputFormat::table;
};

/// Of `certificate csr`; what is empty is left to the daemon.
struct CertificateCsrOptions {
  std::string name{};
  bool show = false;  ///< the one that waits, instead of a new one
  std::string key_type{};
  std::string common_name{};
  std::string organization{};
  std::string organizational_unit{};
  std::string locality{};
  std::string state{};
  std::string country{};
  std::vector<std::string> more_names{};
  std::string out{};  ///< a file; empty: standard output
};

struct CertificateExportOptions {
  std::string name{};  ///< a hostname, or an id
  bool with_key = false;
  std::string out{};  ///< a file; empty: standard output
};

struct CertificateInstallOptions {
  std::string name{};
  std::string chain{};  ///< files, all of them
  std::string key{};
  std::string pkcs12{};
  std::string passphrase_file{};
  std::optional<int> return_days = std::nullopt;
  WaitOptions wait{};
  OutputFormat output = OutputFormat::table;
};

/// Of `account …`, which of them the command knows.
struct AccountCommandOptions {
  std::string authority{};
  std::vector<std::string> contacts{};
  std::string key_type = "ecdsa-p256";
  bool yes = false;
  WaitOptions wait{};
  OutputFormat output = OutputFormat::table;
};

struct HaproxySyncOptions {
  std::string instance{};  ///< of the configuration; empty: all
  bool dry_run = false;
  OutputFormat output = OutputFormat::table;
};

struct VerifyOptions {
  std::vector<std::string> names{};  ///< empty: all, or a sample
  bool all = false;
  std::size_t sample = 100;  ///< certificates, evenly spread
  OutputFormat output = OutputFormat::table;
};

struct SimulateOptions {
  std::uint64_t names = 100'000;
  std::uint64_t days = 365;
  std::uint64_t names_per_domain = 1;
  std::uint64_t dead_percent = 0;
  std::chrono::milliseconds lifetime = std::chrono::hours(24 * 90);
  bool has_renewal_info = true;
  std::string authority{};  ///< of the configuration; empty: its first
  std::string svg_file{};   ///< empty: no picture
  OutputFormat output = OutputFormat::table;
};

struct HaproxyConfigOptions {
  haproxy::ConfigVersion version = haproxy::ConfigVersion::v2_6;
  haproxy::Placement place = haproxy::Placement::backend;
  std::string output_directory{};   ///< empty: standard output
  std::string instance{};           ///< of the configuration; empty: its first
  std::vector<std::string> http{};  ///< addresses; empty: the default
  std::vector<std::string> https{};
  std::string application{};
  std::string foreign_tokens{};
};

}  // namespace agent
