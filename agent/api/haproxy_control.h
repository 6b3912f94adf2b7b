#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/certificate.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

/// One HAProxy process for whoever looks at it. Texts are empty where there is nothing to say.
struct HaproxyView {
  std::string name{};  ///< in the configuration
  std::string runtime{};
  std::string crt_list{};
  std::string version{};
  long pid = 0;  ///< 0 while not connected
  bool connected = false;
  bool in_sync = false;
  bool jammed = false;
  std::size_t desired = 0;
  std::size_t loaded = 0;
  std::size_t to_do = 0;
  std::size_t refused = 0;
  std::size_t unproven = 0;
  std::uint64_t failed_proofs = 0;
  std::optional<base::WallTime> last_proof{};
  std::optional<base::WallTime> compared{};
  std::string trouble{};
};

/// What one HAProxy lacks or has too much.
struct SyncView {
  struct Step {
    std::string action;  ///< `add`, `renew`, `remove`
    std::string path;
  };
  std::string instance{};
  std::size_t compared = 0;
  std::size_t add = 0;
  std::size_t renew = 0;
  std::size_t remove = 0;
  std::vector<Step> steps{};  ///< the first of them
  std::string error{};        ///< why it could not be asked
};

/// What a handshake with all TLS binds of one HAProxy has shown.
struct ProofView {
  base::DomainName name;
  std::string instance{};
  std::string failure{};  ///< empty: it is served
};

/// What the API can ask of the part that looks after the HAProxys. Control thread only.
class HaproxyControl {
 public:
  enum class SyncMode { look_only, make_good };

  virtual std::vector<HaproxyView> instances() const = 0;
  /// Asks the instance for each of its certificates. `max_steps` of them are listed.
  virtual base::asio::awaitable<SyncView> sync(std::string instance,
                                               SyncMode mode,
                                               std::size_t max_steps) = 0;
  /// Handshakes for certificates by their bundle paths, with all instances they go to.
  virtual base::asio::awaitable<std::vector<ProofView>> verify(
      std::vector<std::string> bundle_paths) = 0;
  /// Why a running HAProxy that it goes to would refuse this certificate, with what to change;
  /// empty if none is known to.
  virtual std::string refusal(const CertificateBundle& bundle) = 0;

 protected:
  ~HaproxyControl() = default;
};

}  // namespace agent
