#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fake_ca/state.h"
#include "tests/fake_ca/validation.h"

namespace fake_ca {

enum class Endpoint {
  directory,
  new_nonce,
  new_account,
  account,
  key_change,
  new_order,
  order,
  finalize,
  authorization,
  challenge,
  certificate,
  revoke_certificate,
  renewal_info,
  none,
};

/// `newOrder`, as faults and statistics call it.
std::string_view name_of(Endpoint endpoint);
bool is_endpoint_name(std::string_view name);

/// Where a path leads.
struct Route {
  Endpoint endpoint = Endpoint::none;
  std::vector<std::uint64_t> numbers = {};  ///< after the endpoint's own path
  std::string rest = {};                    ///< a certID
};
Route route(std::string_view path);

/// What a scripted fault changes inside the authority; nothing, in honest life.
struct Script {
  bool refuses_nonce = false;          ///< badNonce, whatever the nonce
  std::vector<Identifier> names = {};  ///< that finalize certifies in place of the right ones
};

/// An honest ACME authority (RFC 8555, RFC 9773, the profiles draft) that behaves as Boulder does:
/// request in, reply out, on a given clock. It checks everything that a real one checks. No I/O:
/// the answers to challenges are fetched by somebody else, see take_tasks(). Not thread-safe.
class Ca {
 public:
  static constexpr std::string_view directory_path = "/directory";

  /// Keys of roots and intermediates are new. `clock` and `random` outlive it.
  Ca(const base::Clock& clock, base::Random& random, Options options)
      : state_(clock, random, std::move(options)) {}

  Reply carry_out(const Request& request, const Script& script = {});

  /// The challenges whose answers are to be fetched now; each is given out once.
  std::vector<ValidationTask> take_tasks();
  void conclude(const ValidationTask& task, const Evidence& evidence);

  State& state() { return state_; }
  const State& state() const { return state_; }

 private:
  Outcome answer(const Request& request, const Route& where, const Script& script);
  Outcome answer_signed(const Request& request, const Route& where, const Script& script);
  Reply directory(const Request& request) const;
  std::optional<Reply> refuse_too_many(const Request& request, Endpoint endpoint);

  State state_;
};

}  // namespace fake_ca
