#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// The thumbprints of our accounts' keys (RFC 7638), numbered in the order they came. A few, or a
/// few hundred; none is ever taken away, so that a reader may keep a view.
class Thumbprints {
 public:
  static constexpr std::size_t capacity = 4096;
  static constexpr std::size_t text_size = 43;  ///< base64url of a SHA-256

  // --- Any thread ------------------------------------------------------------------------------

  /// REQUIRES: `number` came from number_of() in a call that had returned. The view lives as long
  /// as this object.
  std::string_view at(std::uint32_t number) const {
    return *published_[number].load(std::memory_order_acquire);
  }
  std::uint32_t size() const { return size_.load(std::memory_order_acquire); }

  // --- One thread at a time --------------------------------------------------------------------

  /// Its number, given to it now if it has none; nullopt if there are too many.
  std::optional<std::uint32_t> number_of(std::string_view thumbprint);

 private:
  std::array<std::atomic<const std::string*>, capacity> published_{};
  std::atomic<std::uint32_t> size_{0};
  std::vector<std::unique_ptr<const std::string>> texts_;
};

}  // namespace agent
