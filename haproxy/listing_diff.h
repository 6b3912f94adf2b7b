#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"

namespace haproxy {

/// SHA-1 of the DER leaf in upper-case hexadecimal, as `show ssl cert` prints it.
using Fingerprint = base::Strong<struct FingerprintTag, std::string>;

/// What a running HAProxy shall have: file path to the certificate in it.
using DesiredCertificates = std::map<std::string, Fingerprint, std::less<>>;

/// What it has, from `show ssl cert` and `show ssl crt-list`.
struct ActualCertificate {
  std::optional<Fingerprint> fingerprint;  ///< nullopt if nobody has asked HAProxy yet
  bool in_list = false;
};
using ActualCertificates = std::map<std::string, ActualCertificate, std::less<>>;

enum class Action {
  add,      ///< not loaded, or loaded and in no list: AddCertificate does both
  renew,    ///< another certificate is loaded: RenewCertificate
  inspect,  ///< loaded and listed, fingerprint unknown: ShowCertificate, then compare again
  remove,   ///< not wanted: RemoveCertificate
};

struct DiffStep {
  Action action;
  std::string path;
  friend bool operator==(const DiffStep&, const DiffStep&) = default;
};

/// The steps from actual to desired, and no other: first those that give a name its certificate
/// (add, renew, inspect, by path), then the removals, so that a name that moves from one file to
/// another is served throughout. Only paths that begin with `own_folder` are removed; everything
/// else in HAProxy is the operator's. O(N).
std::vector<DiffStep> plan_steps(const DesiredCertificates& desired,
                                 const ActualCertificates& actual,
                                 std::string_view own_folder);

}  // namespace haproxy
