#pragma once

#include <cstddef>
#include <memory>

namespace agent {

/// Memory for the pages of a table that is read all over. From huge_page_size on the system
/// is asked for huge pages: with small ones nearly every look-up in a large table would also miss
/// the cache of address translations.
class PageBlock {
 public:
  static constexpr std::size_t huge_page_size = std::size_t{2} << 20;

  /// `size` and `alignment` in bytes. REQUIRES: alignment is a power of two, size a multiple of it.
  /// Throws std::bad_alloc.
  PageBlock(std::size_t size, std::size_t alignment);

  std::byte* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace agent
