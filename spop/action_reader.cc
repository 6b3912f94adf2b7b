#include "spop/action_reader.h"

namespace spop {
namespace {

std::optional<std::uint8_t> argument_count(ActionType type) {
  switch (type) {
    case ActionType::set_var: return set_var_arguments;
    case ActionType::unset_var: return unset_var_arguments;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ActionView> ActionReader::next() {
  if (failed() || reader_.at_end()) return std::nullopt;
  const auto type = static_cast<ActionType>(reader_.byte());
  const std::uint8_t count = reader_.byte();
  const auto scope = static_cast<Scope>(reader_.byte());
  if (count != argument_count(type) || scope > Scope::response) {
    bad_action_ = true;
    return std::nullopt;
  }
  const std::string_view name = reader_.string();
  const TypedData value = type == ActionType::set_var ? reader_.typed_data() : TypedData();
  if (reader_.failed()) return std::nullopt;
  return ActionView{type, scope, name, value};
}

}  // namespace spop
