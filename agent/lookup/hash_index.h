#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "agent/lookup/page_block.h"
#include "agent/lookup/sip_hash.h"

namespace agent {

/// From a text's keyed 128-bit hash, of which it keeps 96 bits in place of the text, to a number of
/// 30 bits. 16 bytes an entry, below 48 with the free space (from some thousand entries on).
/// docs/design/0001-lookup-identity.md says why the hash may stand for the text.
///
/// Threads: find(), prefetch(), copy_range() and the sizes from any thread at any time, without a
/// lock, a wait or an allocation; everything else from one thread at a time. What put() or remove()
/// did is seen by every find() that begins after it returned.
///
/// Layout: extendible hashing. The top bits of the hash choose a place in the directory, which
/// points to a page of 16 KB; a page is an open table of lines of four slots (64 bytes), of which a
/// find() reads hardly more than one. A full page is replaced by two with half of its entries each:
/// growing costs some microseconds now and then, and never a copy of the whole.
///
/// Reclamation: nothing that a reader may hold is given back before the destructor. A replaced page
/// is used again as another one; an outgrown directory is kept (all of them together are smaller
/// than the newest). So a reader may find itself in a page that has become another one; it notices
/// by looking at the directory once more, and starts anew. Within a page a slot belongs to one hash
/// for ever: a removed entry's slot is used again only for the same text.
class HashIndex {
 public:
  using Value = std::uint32_t;
  static constexpr Value max_value = (Value{1} << 30) - 1;

  /// An entry as a snapshot keeps it.
  struct Entry {
    std::uint64_t high = 0;  ///< the hash's higher word
    std::uint32_t low = 0;   ///< the upper half of its lower word
    Value value = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  static Entry entry(Hash128 hash, Value value) {
    return {hash.high, static_cast<std::uint32_t>(hash.low >> 32), value};
  }

  HashIndex();
  ~HashIndex();
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  // --- Any thread ------------------------------------------------------------------------------

  std::optional<Value> find(Hash128 hash) const;
  /// Begins to load what find() is going to read.
  void prefetch(Hash128 hash) const;

  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  std::size_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }

  /// Appends the entries of a range of hashes, the one that begins with `begin`, to `out`. Returns
  /// where the next range begins, nullopt after the last one. Start with 0. From the first to the
  /// last call, an entry that nobody touches is copied exactly once, and one that is put, changed
  /// or removed as it was before or after that.
  std::optional<std::uint64_t> copy_range(std::uint64_t begin, std::vector<Entry>& out) const;

  // --- One thread at a time --------------------------------------------------------------------

  /// Inserts or replaces, and takes off a mark. REQUIRES: value <= max_value. Throws
  /// std::length_error if the hashes are not spread as a hash spreads them.
  void put(const Entry& entry);
  /// Whether there was one.
  bool remove(Hash128 hash);

  /// Marks every entry ...
  void mark_all();
  /// ... and removes those that were not put since. Returns how many.
  std::size_t remove_marked();

 private:
  struct Slot {
    std::atomic<std::uint64_t> high{0};
    std::atomic<std::uint64_t> rest{0};  // low (32 bits), value (30), Status (2)
  };
  enum Status : std::uint64_t { empty = 0, removed = 1, live = 2, marked = 3 };
  struct Line;
  struct Page;

  /// A page's address and, in the bits that its alignment leaves free, the number of its use: a
  /// page that comes back to its old place in the directory is told from what it was.
  using PageRef = std::uint64_t;

  struct Directory {
    explicit Directory(unsigned depth_) : depth(depth_), pages(std::size_t{1} << depth_) {}
    std::size_t place(std::uint64_t high) const { return high >> 1 >> (63 - depth); }

    const unsigned depth;  // how many top bits of the hash count; may be 0
    std::vector<std::atomic<PageRef>> pages;
  };

  static const Page& page_of(PageRef ref);
  static std::uint64_t find_rest(const Page& page, const Entry& wanted);
  static Slot& slot_for(Page& page, const Entry& entry);
  static void insert(Page& page, Slot& slot, std::uint64_t high, std::uint64_t rest);
  template <class AnyPage, class F>
  static void for_each_slot(AnyPage& page, F f);
  template <class F>
  void for_each_page(F f);

  Directory& directory() { return *directories_.back(); }
  Page& page_for(std::uint64_t high);
  Page& take_page(unsigned depth);
  void make_room(Page& full, std::uint64_t high);
  void replace(Page& old, std::uint64_t high, Page& lower, Page& upper);
  void double_directory();

  std::atomic<const Directory*> newest_{nullptr};
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> memory_bytes_{0};
  std::vector<std::unique_ptr<Directory>> directories_;  // all that there were
  std::vector<PageBlock> slabs_;                         // what the pages live in
  std::vector<Page*> free_pages_;
  std::size_t page_count_ = 0;
};

}  // namespace agent
