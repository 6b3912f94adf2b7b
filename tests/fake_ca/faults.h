#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fake_ca/ca.h"

namespace fake_ca {

enum class FaultKind {
  reply,               ///< `reply` in place of an answer; the request is not carried out
  problem,             ///< `problem` in its place; not carried out
  bad_nonce,           ///< the nonce is refused
  lose_request,        ///< the connection is cut; not carried out
  lose_reply,          ///< carried out, then the connection is cut
  hang,                ///< not carried out, and never answered
  hang_after,          ///< carried out, and never answered
  truncate,            ///< the first third of the reply's body
  invalid_json,        ///< a body that begins as JSON and is none
  drop_intermediates,  ///< a certificate without the rest of its chain
  wrong_names,         ///< finalize certifies other names
};

std::string_view name_of(FaultKind kind);  ///< as the configuration has it: `lose_reply`
std::optional<FaultKind> parse_fault_kind(std::string_view name);

struct Fault {
  FaultKind kind;
  Reply reply = {};
  Problem problem = {};
};

/// A fault and when it strikes: at matching requests number `first` … `first + count - 1`, each
/// with a probability.
struct FaultRule {
  Fault fault;
  std::string endpoint = "*";  ///< of name_of(Endpoint), or `*`
  int first = 1;
  int count = 1;  ///< 0: for ever
  double probability = 1;
};

/// What goes wrong when. The same seed and requests, the same faults.
class FaultPlan {
 public:
  explicit FaultPlan(std::uint64_t seed = 1) : coin_(seed) {}
  /// In place of all former ones, counting from now.
  void set(std::vector<FaultRule> rules);
  void set_seed(std::uint64_t seed) { coin_.seed(seed); }
  /// Of the first rule that strikes.
  std::optional<Fault> next(Endpoint endpoint);
  int struck() const { return struck_; }

 private:
  struct Entry {
    FaultRule rule;
    int matched = 0;
  };
  bool strikes(Entry& entry, Endpoint endpoint);

  std::mt19937_64 coin_;
  std::vector<Entry> entries_;
  int struck_ = 0;
};

/// What becomes of a reply.
struct Delivery {
  enum class Fate { send, cut, hang } fate = Fate::send;
  Reply reply = {};
};

/// The authority with its faults.
Delivery deliver(Ca& ca, FaultPlan& faults, const Request& request);

}  // namespace fake_ca
