#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "agent/model/hostname.h"

namespace agent {

/// How many `acme-challenge` messages were answered how.
template <class Number>
struct BasicChallengeCounts {
  Number answered{};  ///< with the key authorization
  Number missed{};    ///< the token is not ours
  Number unusable{};  ///< no path, or one that is no challenge's; answered as a miss
};

/// How many `tls-status` or `sni-status` messages were answered how.
template <class Number>
struct BasicStatusCounts {
  Number& of(CertState state) { return by_state[static_cast<std::size_t>(state)]; }
  const Number& of(CertState state) const { return by_state[static_cast<std::size_t>(state)]; }

  static constexpr std::size_t states = static_cast<std::size_t>(CertState::disabled) + 1;
  std::array<Number, states> by_state{};
  Number unusable{};  ///< no name, or none that can be looked up; answered as `none`, not counted
                      ///< there
};

/// What a handler counts; everything only grows.
template <class Number>
struct BasicAnswerCounts {
  BasicChallengeCounts<Number> challenge{};
  BasicStatusCounts<Number> tls_status{};
  BasicStatusCounts<Number> sni_status{};
  Number unknown_messages{};  ///< of other names
};

/// A sum of readings.
using AnswerCounts = BasicAnswerCounts<std::uint64_t>;

}  // namespace agent
