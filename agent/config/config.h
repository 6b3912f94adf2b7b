#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "agent/challenge/challenge_policy.h"
#include "agent/config/dns_config.h"
#include "agent/config/log_format.h"
#include "agent/config/on_demand_config.h"
#include "agent/model/certificate.h"
#include "agent/model/limits.h"
#include "base/endpoint.h"
#include "base/log.h"

namespace agent {

/// The whole configuration as load_config() returns it: complete, checked, defaults filled in.
/// Every path in it is absolute. Members are named as the keys of the file; docs/configuration.md
/// says what they mean to an operator. Values.

/// Of keys that we make.
enum class KeyType { ecdsa_p256, ecdsa_p384, rsa_2048, rsa_3072, rsa_4096 };
std::string_view to_string(KeyType type);  ///< `ecdsa-p256`, as in the file
KeyAlgorithm algorithm_of(KeyType type);

struct SpopConfig {
  std::vector<base::Endpoint> listen = {base::AbstractEndpoint{"acme-spoa"}};  ///< at least one
  mode_t unix_mode = 0660;
  std::optional<std::size_t> workers = std::nullopt;  ///< threads, 1 to 256; nullopt: `auto`
  std::size_t max_connections = 10'000;
  std::chrono::milliseconds hello_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds idle_timeout = std::chrono::minutes(10);
  /// At a stop: how long connections may go on asking before we disconnect them.
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(5);
  friend bool operator==(const SpopConfig&, const SpopConfig&) = default;
};

struct AdminConfig {
  std::string socket = "/run/acme-spoa/admin.sock";
  mode_t mode = 0660;
  /// The same API for those who show a token; nullopt: the socket only.
  std::optional<base::TcpEndpoint> listen = std::nullopt;
  friend bool operator==(const AdminConfig&, const AdminConfig&) = default;
};

struct MetricsConfig {
  /// /metrics, /healthz and /readyz for everybody who can connect; nullopt: the admin socket only.
  std::optional<base::Endpoint> listen = std::nullopt;
  friend bool operator==(const MetricsConfig&, const MetricsConfig&) = default;
};

/// What holds for all tenants that say nothing of their own.
struct PlatformConfig {
  std::size_t wildcard_after = 20;  ///< hostnames of a zone, up to a million; 0: never
  friend bool operator==(const PlatformConfig&, const PlatformConfig&) = default;
};

/// External account binding (RFC 8555 §7.3.4).
struct EabConfig {
  std::string key_id{};
  std::string hmac_key_file{};  ///< base64url text; read when the account is made
  friend bool operator==(const EabConfig&, const EabConfig&) = default;
};

struct AuthorityConfig {
  std::string name{};                  ///< 1 to 32 of a-z 0-9 - _
  std::string directory{};             ///< https URL
  std::vector<std::string> contact{};  ///< mailto: URLs
  bool terms_of_service_agreed = false;
  KeyType account_key = KeyType::ecdsa_p256;
  std::optional<EabConfig> eab = std::nullopt;
  std::string profile{};          ///< of certificates; empty: the authority's default
  bool profile_fallback = false;  ///< the default if the authority does not offer `profile`
  std::string preferred_chain{};  ///< common name of an issuer; empty: the chain that is offered
  std::optional<std::string> ca_file = std::nullopt;  ///< PEM roots instead of the system's
  AuthorityLimits limits{};                           ///< the preset's with what the file changes
  friend bool operator==(const AuthorityConfig&, const AuthorityConfig&) = default;
};

struct CertificatesConfig {
  KeyType key_type = KeyType::ecdsa_p256;
  /// The second of `key_types`; one of the two is ECDSA, the other RSA.
  std::optional<KeyType> second_key_type = std::nullopt;
  bool reuse_key = false;                                ///< renewals keep the private key
  std::optional<std::size_t> names_per_certificate = 1;  ///< 1 to 100; nullopt: `auto`
  /// `auto` packs names while the backlog would otherwise take longer.
  std::chrono::milliseconds longest_backlog = std::chrono::hours(24);
  friend bool operator==(const CertificatesConfig&, const CertificatesConfig&) = default;
};

/// The responder of tls-alpn-01.
struct TlsAlpnConfig {
  base::Endpoint listen = base::AbstractEndpoint{"acme-spoa-alpn"};
  mode_t unix_mode = 0660;
  friend bool operator==(const TlsAlpnConfig&, const TlsAlpnConfig&) = default;
};

struct ChallengesConfig {
  ChallengePolicy policy{};                              ///< keys `types` and `rules`
  std::optional<TlsAlpnConfig> tls_alpn = std::nullopt;  ///< set if any name uses tls-alpn-01
  std::vector<std::string> frontends_left_alone{};  ///< HAProxy's names of frontends: no http-01
  friend bool operator==(const ChallengesConfig&, const ChallengesConfig&) = default;
};

struct IssuerConfig {
  std::size_t orders_in_flight = 128;
  friend bool operator==(const IssuerConfig&, const IssuerConfig&) = default;
};

/// One HAProxy process.
struct HaproxyInstanceConfig {
  std::string name{};                    ///< 1 to 32 of a-z 0-9 - _; unique
  base::Endpoint runtime{};              ///< its stats socket, level admin
  std::vector<base::Endpoint> verify{};  ///< its TLS binds, at least one: proof by handshake
  bool proxy_protocol = false;           ///< these binds have `accept-proxy`
  std::vector<std::string> labels{};     ///< what placement chooses by
  std::optional<std::string> crt_list = std::nullopt;  ///< its own; nullopt: haproxy.crt_list
  /// `runtime` is a master's socket; 1 is the current worker.
  std::optional<std::size_t> worker = std::nullopt;
  std::optional<base::Endpoint> master = std::nullopt;  ///< to reload at
  bool reload_when_jammed = false;                      ///< needs `master`
  std::size_t bufsize = 16'384;                         ///< its tune.bufsize
  std::chrono::milliseconds reconcile_interval = std::chrono::minutes(10);
  std::chrono::milliseconds renewal_pace = std::chrono::milliseconds(500);
  friend bool operator==(const HaproxyInstanceConfig&, const HaproxyInstanceConfig&) = default;
};

/// Which hostnames go to which instances.
struct PlacementConfig {
  std::string suffix{};               ///< lower-case A-labels; names below it and itself
  std::vector<std::string> labels{};  ///< at least one; an instance has to have all
  friend bool operator==(const PlacementConfig&, const PlacementConfig&) = default;
};

struct HaproxyConfig {
  std::string certificate_directory{};  ///< default: <state_directory>/haproxy/certificates
  std::string crt_list{};               ///< default: <state_directory>/haproxy/crt-list.txt
  mode_t file_mode = 0600;              ///< of PEM bundles and crt-list
  /// At least one. Default: `haproxy` at unix@/run/haproxy/admin.sock, verified at 127.0.0.1:443.
  std::vector<HaproxyInstanceConfig> instances{};
  std::vector<PlacementConfig> placement{};  ///< empty: every hostname goes to every instance
  friend bool operator==(const HaproxyConfig&, const HaproxyConfig&) = default;
};

struct LogConfig {
  base::LogLevel level = base::LogLevel::info;
  LogFormat format = LogFormat::logfmt;
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct Config {
  /// Database, key-encryption key, lookup snapshot.
  std::string state_directory = "/var/lib/acme-spoa";
  SpopConfig spop{};
  AdminConfig admin{};
  PlatformConfig platform{};
  MetricsConfig metrics{};
  std::vector<AuthorityConfig> authorities{};  ///< 1 to 16, in the order of fail-over
  CertificatesConfig certificates{};
  ChallengesConfig challenges{};
  IssuerConfig issuer{};
  HaproxyConfig haproxy{};
  DnsConfig dns{};
  PreflightConfig preflight{};
  std::optional<OnDemandConfig> on_demand = std::nullopt;  ///< nullopt: off
  UnusedConfig unused{};
  LogConfig log{};
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace agent
