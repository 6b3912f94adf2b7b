#include "agent/lookup/snapshot_file.h"

#include <cerrno>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <msgpack.hpp>

#include "agent/files/atomic_file.h"
#include "agent/files/msgpack_objects.h"
#include "agent/lookup/little_endian.h"

namespace agent {
namespace {

constexpr std::string_view file_mark = "acme-spoa lookup";
constexpr std::uint64_t file_version = 1;
constexpr std::string_view hostnames_word = "hostnames";
constexpr std::string_view tokens_word = "tokens";
constexpr std::string_view thumbprints_word = "thumbprints";

constexpr std::size_t piece_size = std::size_t{64} * 1024;  // of the checksum
constexpr std::size_t entry_size = 16;
constexpr std::size_t digest_size = 16;
constexpr std::string_view digest_head = "\xc4\x10";  // msgpack's, of a binary of 16 bytes
constexpr std::size_t trailer_size = digest_head.size() + digest_size;
constexpr std::size_t max_file_size = std::size_t{2} << 30;  // more than 100,000,000 hostnames

using Entries = std::vector<HashIndex::Entry>;
using Sizes = base::Result<SnapshotSizes, SnapshotError>;

std::string to_bytes(std::uint64_t first, std::uint64_t second) {
  std::string bytes(2 * sizeof first, '\0');
  store_little_endian(first, bytes.data());
  store_little_endian(second, bytes.data() + sizeof first);
  return bytes;
}

HashKey key_from(std::string_view bytes) {
  return {.first = load_little_endian(bytes.data()),
          .second = load_little_endian(bytes.data() + sizeof(std::uint64_t))};
}

/// The checksum of a file's pieces, which are all of piece_size but the last.
class Checksum {
 public:
  void add(std::string_view piece) {
    const Hash128 hash = sip_hash(state_, piece);
    state_ = {.first = hash.high, .second = hash.low};
  }
  std::string digest() const { return to_bytes(state_.first, state_.second); }

 private:
  HashKey state_;
};

// --- Saving --------------------------------------------------------------------------------------

/// What msgpack writes to; it passes whole pieces on to the file.
class Output {
 public:
  explicit Output(AtomicFile& file) : file_(file) {}

  void write(const char* data, std::size_t size) {
    pending_.append(data, size);
    std::size_t done = 0;
    for (; pending_.size() - done >= piece_size; done += piece_size) {
      pass(std::string_view(pending_).substr(done, piece_size));
    }
    pending_.erase(0, done);
  }

  void finish() {
    pass(pending_);
    pending_.clear();
    msgpack::packer<Output> packer(*this);
    const std::string digest = checksum_.digest();
    packer.pack_bin(digest_size).pack_bin_body(digest.data(), digest_size);
    file_.write(pending_);
    size_ += pending_.size();
  }

  std::size_t size() const { return size_; }

 private:
  void pass(std::string_view piece) {
    checksum_.add(piece);
    file_.write(piece);
    size_ += piece.size();
  }

  AtomicFile& file_;
  Checksum checksum_;
  std::string pending_;
  std::size_t size_ = 0;
};

using Packer = msgpack::packer<Output>;

void pack_entries(Packer& packer, std::string_view word, const Entries& entries) {
  if (entries.empty()) return;
  std::string bytes(entries.size() * entry_size, '\0');
  char* out = bytes.data();
  for (const HashIndex::Entry& entry : entries) {
    store_little_endian(entry.high, out);
    store_little_endian(std::uint64_t{entry.low} << 32 | entry.value, out + 8);
    out += entry_size;
  }
  packer.pack_array(2).pack(word);
  packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  packer.pack_bin_body(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}

/// Packs the entries of an index, and says how many there were.
std::size_t pack_index(Packer& packer, std::string_view word, const HashIndex& index) {
  std::size_t count = 0;
  Entries entries;
  std::optional<std::uint64_t> begin = 0;
  while (begin) {
    entries.clear();
    begin = index.copy_range(*begin, entries);
    pack_entries(packer, word, entries);
    count += entries.size();
  }
  return count;
}

void pack_thumbprints(Packer& packer, const Thumbprints& thumbprints) {
  const std::uint32_t count = thumbprints.size();
  packer.pack_array(2).pack(thumbprints_word);
  packer.pack_array(count);
  for (std::uint32_t number = 0; number < count; ++number) packer.pack(thumbprints.at(number));
}

// --- Loading -------------------------------------------------------------------------------------

struct Tables {
  HostnameIndex& hostnames;
  TokenIndex& tokens;
};

SnapshotError corrupt(const std::string& path) {
  return {SnapshotErrc::corrupt, path + ": the snapshot is damaged or cut short"};
}

/// One msgpack object after another. What it returns refers to the bytes and to itself. Throws what
/// msgpack throws.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return offset_ == bytes_.size(); }

  const msgpack::object& next() {
    const auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    constexpr std::size_t none = 0;
    constexpr std::size_t deepest = 3;
    const msgpack::unpack_limit limit(
        Thumbprints::capacity, none, piece_size, max_file_size, none, deepest);
    object_ = msgpack::unpack(bytes_.data(), bytes_.size(), offset_, refer, nullptr, limit);
    return object_.get();
  }

 private:
  std::string_view bytes_;
  std::size_t offset_ = 0;
  msgpack::object_handle object_;
};

/// The key, if the first object is ours.
base::Result<HashKey, SnapshotErrc> parse_header(Input& input) {
  try {
    const auto header = array_of(input.next());
    if (header.size() < 2 || text_of(header[0]) != file_mark) {
      return base::Unexpected(SnapshotErrc::foreign);
    }
    const auto version = header[1].as<std::uint64_t>();
    if (version > file_version) return base::Unexpected(SnapshotErrc::newer_version);
    if (version != file_version || header.size() != 3 ||
        binary_of(header[2]).size() != digest_size) {
      return base::Unexpected(SnapshotErrc::corrupt);
    }
    return key_from(binary_of(header[2]));
  } catch (const std::exception&) {  // msgpack reports what it cannot read by exceptions
    return base::Unexpected(SnapshotErrc::foreign);
  }
}

bool has_valid_checksum(std::string_view file) {
  if (file.size() < trailer_size) return false;
  std::string_view digest = file.substr(file.size() - trailer_size);
  if (!digest.starts_with(digest_head)) return false;
  digest.remove_prefix(digest_head.size());
  file.remove_suffix(trailer_size);
  Checksum checksum;
  // An exact multiple ends with an empty piece, as finish() writes it.
  for (; file.size() >= piece_size; file.remove_prefix(piece_size)) {
    checksum.add(file.substr(0, piece_size));
  }
  checksum.add(file);
  return checksum.digest() == digest;
}

/// Calls put(entry) with each. Throws if a value is above `max_value`.
template <class Put>
void restore_entries(std::string_view bytes, HashIndex::Value max_value, Put put) {
  if (bytes.size() % entry_size != 0) throw msgpack::type_error();
  for (; !bytes.empty(); bytes.remove_prefix(entry_size)) {
    const std::uint64_t second = load_little_endian(bytes.data() + 8);
    HashIndex::Entry entry;
    entry.high = load_little_endian(bytes.data());
    entry.low = static_cast<std::uint32_t>(second >> 32);
    entry.value = static_cast<HashIndex::Value>(second);
    if (entry.value > max_value) throw msgpack::type_error();
    put(entry);
  }
}

void restore_block(const msgpack::object& object, Tables& tables) {
  const auto block = array_of(object);
  if (block.size() != 2) throw msgpack::type_error();
  const std::string_view word = text_of(block[0]);
  Thumbprints& thumbprints = tables.tokens.thumbprints();
  if (word == hostnames_word) {
    const auto put = [&tables](const HashIndex::Entry& entry) { tables.hostnames.restore(entry); };
    restore_entries(binary_of(block[1]), HashIndex::max_value, put);
  } else if (word == tokens_word) {
    if (thumbprints.size() == 0) throw msgpack::type_error();
    HashIndex& tokens = tables.tokens.entries();
    const auto put = [&tokens](const HashIndex::Entry& entry) { tokens.put(entry); };
    restore_entries(binary_of(block[1]), thumbprints.size() - 1, put);
  } else if (word == thumbprints_word) {
    for (const msgpack::object& each : array_of(block[1])) {
      // The numbers must come out as they were.
      const std::uint32_t expected = thumbprints.size();
      const std::string_view text = text_of(each);
      if (text.size() != Thumbprints::text_size || thumbprints.number_of(text) != expected) {
        throw msgpack::type_error();
      }
    }
  } else {
    throw msgpack::type_error();
  }
}

/// False if anything is not as save_snapshot() writes it.
bool restore(std::string_view file, Tables& tables) {
  try {
    Input input(file);
    input.next();  // the header again
    while (!input.at_end()) restore_block(input.next(), tables);
    return true;
  } catch (const std::exception&) {  // of msgpack, or of an index whose hashes do not spread
    return false;
  }
}

void empty(HashIndex& index) {
  index.mark_all();
  index.remove_marked();
}

SnapshotError header_error(SnapshotErrc code, const std::string& path) {
  switch (code) {
    case SnapshotErrc::newer_version:
      return {code, path + ": the snapshot was written by a newer release"};
    case SnapshotErrc::foreign: return {code, path + ": this is no snapshot of the lookup tables"};
    case SnapshotErrc::not_found:
    case SnapshotErrc::io:
    case SnapshotErrc::corrupt: break;
  }
  return corrupt(path);
}

}  // namespace

Sizes save_snapshot(const HostnameIndex& hostnames,
                    const TokenIndex& tokens,
                    const std::string& path) {
  AtomicFile file(path);
  Output output(file);
  Packer packer(output);
  const std::string key = to_bytes(hostnames.key().first, hostnames.key().second);
  packer.pack_array(3).pack(file_mark).pack(file_version);
  packer.pack_bin(digest_size).pack_bin_body(key.data(), digest_size);

  // Tokens are copied before the thumbprints, so that all they refer to are there, but written
  // after them, so that a reader knows what they refer to.
  Entries live_tokens;
  std::optional<std::uint64_t> begin = 0;
  while (begin) begin = tokens.entries().copy_range(*begin, live_tokens);
  pack_thumbprints(packer, tokens.thumbprints());
  pack_entries(packer, tokens_word, live_tokens);

  SnapshotSizes sizes;
  sizes.tokens = live_tokens.size();
  sizes.hostnames = pack_index(packer, hostnames_word, hostnames.entries());
  output.finish();
  file.commit();
  if (!file.error().empty()) {
    return base::Unexpected(SnapshotError{SnapshotErrc::io, path + ": " + file.error()});
  }
  sizes.bytes = output.size();
  return sizes;
}

Sizes load_snapshot(const std::string& path, HostnameIndex& hostnames, TokenIndex& tokens) {
  const FileContent file = read_file(path, max_file_size);
  if (file.error != 0) {
    const auto code = file.error == ENOENT ? SnapshotErrc::not_found : SnapshotErrc::io;
    const std::string reason = std::generic_category().message(file.error);
    return base::Unexpected(SnapshotError{code, path + ": " + reason});
  }
  Input header(file.bytes);
  const auto key = parse_header(header);
  if (!key) return base::Unexpected(header_error(key.error(), path));
  if (!has_valid_checksum(file.bytes)) return base::Unexpected(corrupt(path));

  Tables tables{hostnames, tokens};
  const HashKey key_before = hostnames.key();
  hostnames.set_key(*key);
  tokens.set_key(*key);
  if (!restore(std::string_view(file.bytes).substr(0, file.bytes.size() - trailer_size), tables)) {
    empty(hostnames.entries());
    empty(tokens.entries());
    hostnames.set_key(key_before);
    tokens.set_key(key_before);
    return base::Unexpected(corrupt(path));
  }
  SnapshotSizes sizes;
  sizes.hostnames = hostnames.entries().size();
  sizes.tokens = tokens.entries().size();
  sizes.bytes = file.bytes.size();
  return sizes;
}

}  // namespace agent
