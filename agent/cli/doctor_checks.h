#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "base/clock.h"

namespace agent {

/// What `doctor` looks at. Each check changes nothing and blocks, at most for some seconds.

enum class Verdict { fine, warning, problem };

struct Finding {
  Verdict verdict = Verdict::fine;
  std::string subject{};  ///< `authority letsencrypt`, `files`, `www.example.org`
  std::string text{};     ///< what is so
  std::string remedy{};   ///< what to do about it; empty if it is fine
  friend bool operator==(const Finding&, const Finding&) = default;
};
using Findings = std::vector<Finding>;

/// Folders and files: there, writable for who runs this, and closed to others where they hold keys.
Findings check_files(const Config& config);

/// The authority's directory over HTTPS, and its clock against ours (RFC 9110 §6.6.1): half a
/// minute is accepted, from five minutes on certificates would be refused as not yet valid.
Findings check_authority(const AuthorityConfig& authority, base::WallTime now);

/// The runtime API: it answers, and lets us change certificates (level admin).
Findings check_runtime_api(const HaproxyInstanceConfig& instance);

/// What an authority would see of a hostname: its addresses by this machine's resolver, and at each
/// whether plain HTTP gets an answer below /.well-known/acme-challenge/ without being sent
/// elsewhere (RFC 8555 §8.3: a redirect is followed, to ports 80 and 443 only).
Findings check_hostname(const std::string& name, std::uint16_t http_port = 80);

}  // namespace agent
