#include "agent/lookup/page_block.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace agent {

PageBlock::PageBlock(std::size_t size, std::size_t alignment) {
  const bool is_huge = size >= huge_page_size;
  if (is_huge) alignment = std::max(alignment, huge_page_size);
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, size)));
  if (!data_) throw std::bad_alloc();
  // Before the first byte is touched. Only advice: without it all works, somewhat slower.
  if (is_huge) ::madvise(data_.get(), size, MADV_HUGEPAGE);
}

void PageBlock::Free::operator()(std::byte* data) const {
  std::free(data);
}

}  // namespace agent
