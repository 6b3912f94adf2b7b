#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "spop/byte_buffer.h"

namespace bench {

enum class Answers { constant, lookup };

/// What the load asks, encoded beforehand together with the answers it has to get: half
/// `acme-challenge` with live tokens, half `tls-status` with known hostnames, drawn at random, but
/// stored in the order in which they are asked, so that memory costs the load little.
class Questions {
 public:
  Questions(std::size_t hostnames, std::size_t tokens, Answers answers);

  std::size_t count() const { return entries_.size(); }
  /// The payload of NOTIFY number i. REQUIRES, here and below: i < count().
  std::span<const std::byte> question(std::size_t i) const {
    const Entry& entry = entries_[i];
    return bytes_.bytes().subspan(entry.begin, entry.question_size);
  }
  /// The payload its ACK has to have.
  std::span<const std::byte> answer(std::size_t i) const {
    const Entry& entry = entries_[i];
    return bytes_.bytes().subspan(entry.begin + entry.question_size, entry.answer_size);
  }

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint16_t question_size;
    std::uint16_t answer_size;
  };

  void add_challenge(std::size_t token, Answers answers);
  void add_status(std::size_t host, Answers answers);
  void finish(std::size_t begin, std::size_t question_end);

  spop::ByteBuffer bytes_;
  std::vector<Entry> entries_;
};

}  // namespace bench
