#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spop/typed_data.h"

namespace spop {

/// Where a variable lives (SPOE.txt §3.4).
enum class Scope : std::uint8_t {
  process = 0,  ///< HAProxy accepts only registered names
  session = 1,
  transaction = 2,  ///< the request and its response: for everything a request asks
  request = 3,
  response = 4,
};

/// The first byte of an action.
enum class ActionType : std::uint8_t { set_var = 1, unset_var = 2 };

/// One action of an ACK, as HAProxy reads it. The name is a view.
struct ActionView {
  ActionType type = ActionType::unset_var;
  Scope scope = Scope::transaction;
  std::string_view name;
  TypedData value;  ///< NULL for unset_var
  friend bool operator==(const ActionView&, const ActionView&) = default;
};

/// Type, number of arguments, scope.
inline constexpr std::size_t action_header_size = 3;
inline constexpr std::uint8_t set_var_arguments = 3;
inline constexpr std::uint8_t unset_var_arguments = 2;

}  // namespace spop
