#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "spop/frame.h"
#include "spop/message.h"
#include "spop/reader.h"

namespace spop {

class Connection;

/// The NOTIFYs that are answered together, of one connection or of several, decoded side by side
/// into memory that is used again and again. Belongs to a worker. Its memory grows to what the
/// largest NOTIFY needs and then stays: 48 bytes an argument, and an argument has two bytes at
/// least.
class NotifyBatch {
 public:
  /// As many as a prefetch can make use of: more would push each other out of the first cache.
  static constexpr std::size_t max_notifies = 64;

  NotifyBatch();

  enum class Added {
    yes,
    no_space,  ///< take views(), clear(), and try again; does not happen to an empty batch
    invalid,   ///< the payload does not decode; the batch is as before
  };
  /// Decodes a NOTIFY's message list. The frame's bytes must live until clear().
  Added add(const Frame& notify, Connection* asker = nullptr);

  /// What was added, in order; dies at the next clear().
  std::span<NotifyView> views() { return notifies_; }
  /// Of whom views()[i] is.
  Connection* asker(std::size_t i) const { return askers_[i]; }
  bool is_full() const { return notifies_.size() == max_notifies; }
  bool empty() const { return notifies_.empty(); }
  void clear();

 private:
  Added decode(const Frame& notify);
  Added decode_arguments(Reader& reader, std::size_t count);
  void grow();

  // Never filled beyond their capacity while they hold something, because the views point into
  // them.
  std::vector<NotifyView> notifies_;
  std::vector<Connection*> askers_;  // one for each of notifies_
  std::vector<MessageView> messages_;
  std::vector<ArgumentView> arguments_;
};

}  // namespace spop
