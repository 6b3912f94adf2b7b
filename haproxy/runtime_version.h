#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace haproxy {

/// What `show version` and `show info` say: `2.6.12-1+deb12u4`, `3.4.0`, `3.5-dev5`. A value.
struct Version {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;  ///< 0 for a development version
  friend auto operator<=>(const Version&, const Version&) = default;
};
std::optional<Version> parse_version(std::string_view text);
std::string to_string(const Version& version);  ///< `2.6.12`

/// What differs between versions and matters to us; never find out by trial: an unknown command
/// costs a reply of 30 kB, and with a payload its body is run as commands on 2.6.
struct Features {
  bool own_payload_limit;  ///< 3.4: a payload has tune.cli.max-payload-size to itself
  bool show_ssl_sni;       ///< 3.2: names and expiry of everything served in one listing
  bool dump_ssl_cert;      ///< 3.1
  bool ocsp_update;        ///< 2.8: `[ocsp-update on]` in a crt-list line
  bool misdirects_set;     ///< before 3.1: `set` may land in another certificate's transaction
  bool jams_when_locked;  ///< 3.4 on: `new` or `set` beside another writer breaks the lock for good
};
Features features_of(const Version& version);

/// Settings of HAProxy's configuration that no command tells.
struct Tuning {
  std::size_t bufsize = 16384;          ///< tune.bufsize
  std::size_t max_payload = 128 << 10;  ///< tune.cli.max-payload-size, 3.4 on
};

}  // namespace haproxy
