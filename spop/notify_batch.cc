#include "spop/notify_batch.h"

namespace spop {
namespace {

// Enough for a full batch of what acme-spoa is usually asked: one message, two arguments.
constexpr std::size_t first_messages = 2 * NotifyBatch::max_notifies;
constexpr std::size_t first_arguments = 4 * NotifyBatch::max_notifies;

template <class T>
bool has_no_space(const std::vector<T>& vector) {
  return vector.size() == vector.capacity();
}

}  // namespace

NotifyBatch::NotifyBatch() {
  notifies_.reserve(max_notifies);
  askers_.reserve(max_notifies);
  messages_.reserve(first_messages);
  arguments_.reserve(first_arguments);
}

NotifyBatch::Added NotifyBatch::add(const Frame& notify, Connection* asker) {
  if (is_full()) return Added::no_space;
  const std::size_t message_count = messages_.size();
  const std::size_t argument_count = arguments_.size();
  Added added = decode(notify);
  while (added == Added::no_space && notifies_.empty()) {
    grow();
    added = decode(notify);
  }
  if (added == Added::yes) {
    askers_.push_back(asker);
  } else {
    messages_.resize(message_count);
    arguments_.resize(argument_count);
  }
  return added;
}

void NotifyBatch::clear() {
  notifies_.clear();
  askers_.clear();
  messages_.clear();
  arguments_.clear();
}

NotifyBatch::Added NotifyBatch::decode(const Frame& notify) {
  const std::size_t first = messages_.size();
  Reader reader(notify.payload);
  while (!reader.at_end()) {
    if (has_no_space(messages_)) return Added::no_space;
    const std::string_view name = reader.string();
    const std::size_t count = reader.byte();
    const std::size_t first_argument = arguments_.size();
    const Added added = decode_arguments(reader, count);
    if (added != Added::yes) return added;
    messages_.push_back({name, {arguments_.data() + first_argument, count}});
  }
  if (reader.failed()) return Added::invalid;
  notifies_.push_back(
      {notify.stream_id, notify.frame_id, {messages_.data() + first, messages_.size() - first}});
  return Added::yes;
}

NotifyBatch::Added NotifyBatch::decode_arguments(Reader& reader, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (has_no_space(arguments_)) return Added::no_space;
    const std::string_view name = reader.string();
    const TypedData value = reader.typed_data();
    if (reader.failed()) return Added::invalid;
    arguments_.push_back({name, value});
  }
  return Added::yes;
}

void NotifyBatch::grow() {
  messages_.clear();
  arguments_.clear();
  messages_.reserve(2 * messages_.capacity());
  arguments_.reserve(2 * arguments_.capacity());
}

}  // namespace spop
