#include "acme/nonce_pool.h"

#include <utility>

namespace acme {

void NoncePool::put(Nonce nonce) {
  if (entries_.size() == capacity) entries_.pop_front();
  entries_.push_back({std::move(nonce), clock_.monotonic()});
}

std::optional<Nonce> NoncePool::take() {
  if (entries_.empty()) return std::nullopt;
  if (clock_.monotonic() - entries_.back().received >= max_age_) {
    entries_.clear();  // the others are older still
    return std::nullopt;
  }
  Nonce nonce = std::move(entries_.back().nonce);
  entries_.pop_back();
  return nonce;
}

}  // namespace acme
