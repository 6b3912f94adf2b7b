#include "agent/lookup/thumbprints.h"

namespace agent {

std::optional<std::uint32_t> Thumbprints::number_of(std::string_view thumbprint) {
  const auto count = static_cast<std::uint32_t>(texts_.size());
  for (std::uint32_t number = count; number > 0; --number) {  // the newest is wanted most
    if (*texts_[number - 1] == thumbprint) return number - 1;
  }
  if (count == capacity) return std::nullopt;
  texts_.push_back(std::make_unique<const std::string>(thumbprint));
  published_[count].store(texts_.back().get(), std::memory_order_release);
  size_.store(count + 1, std::memory_order_release);
  return count;
}

}  // namespace agent
